/** What the tests use of asl-validator, which ships no types for its CommonJS default export. */
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errors: unknown[] };
}
