/** The type of every JSON value: what `variables` hold and what a component's outputs are. */

/** Any value that JSON can write. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
