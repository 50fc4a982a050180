/** How a resource is handed to a function: its permission and the environment variables that name it, in one piece. */
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** One resource as a function uses it. The two halves cannot drift apart because they are only given together. */
export interface Binding<Name extends string> {
  readonly env: { readonly [K in Name]: string };
  grant(fn: IFunction): void;
}

type NamesOf<B> = B extends Binding<never> ? Extract<keyof B['env'], string> : never;

/** Nothing to add when the bindings set exactly the variables `Name`; otherwise what is missing or too much, as a type error. */
export type Exactly<Name extends string, Bindings extends readonly Binding<never>[]> = [Name] extends [
  NamesOf<Bindings[number]>,
]
  ? [NamesOf<Bindings[number]>] extends [Name]
    ? unknown
    : { extraVariables: Exclude<NamesOf<Bindings[number]>, Name> }
  : { missingVariables: Exclude<Name, NamesOf<Bindings[number]>> };

/** A binding that only sets variables. */
export function variables<const Name extends string>(env: Readonly<Record<Name, string>>): Binding<Name> {
  return { env, grant: () => undefined };
}

/** A binding that only grants. */
export function permission(grant: (fn: IFunction) => void): Binding<never> {
  return { env: {}, grant };
}
