/** Values that percentiles collect, in all groups together: 16 MB, beside what else a query holds. */
export const PERCENTILE_VALUES_MAX = 2_000_000

/** Different values that `uniq` remembers in all groups together, as a multiple of the groups that an answer may have. */
export const DISTINCT_VALUES_PER_GROUP_MAX = 10

/** Buckets that fit the range of a timeline. More are a mistake in the step: 1m covers 69 days, 1s a day. */
export const TIMELINE_BUCKETS_MAX = 100_000

/** Buckets up to which empty ones are listed too: more than a day of minutes, less than anybody draws. */
export const FILLED_BUCKETS_MAX = 2000

/** Buckets that a timeline without a step has at most: a bar for each is wide enough to point at. */
export const DEFAULT_BUCKETS_MAX = 60

/** Counts by bucket and group; further groups of a bucket share one. */
export const TIMELINE_CELLS_MAX = 200_000

/** Combined codes that get a counter each, used or not. */
export const DENSE_CODES_MAX = 65_536
