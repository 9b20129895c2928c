/** A start that cannot go on, with the one sentence that says why and what to do. */
export class StartError extends Error {}
