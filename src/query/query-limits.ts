/** Groups inside groups. Evaluation recurses once per level, and no person writes more. */
export const QUERY_DEPTH_MAX = 20

/** Values of one list, enough for a pasted column of ids. */
export const LIST_ITEMS_MAX = 500

/** Each one runs over every candidate record, in an isolate that other tenants share. */
export const REGEXES_MAX = 20

/** Rows of `top` when the query names no number. */
export const TOP_ROWS_DEFAULT = 10
