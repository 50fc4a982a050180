/** Loads functions shortly before they are needed, so that a push does not wait for them; called by `parts.ts` and `world.ts`. */
import type { Assembly } from '../assembly/model.ts';
import type { Functions } from '../lambda/functions.ts';

/** Says when what is about to happen. */
export class Warming {
  readonly #functions: Functions;
  readonly #assembly: Assembly;

  constructor(functions: Functions, assembly: Assembly) {
    this.#functions = functions;
    this.#assembly = assembly;
  }

  /** A delivery comes: the API, the machines that rules start, the queues, then the machines those start. */
  push(): void {
    const { routes, rules, stateMachines, eventSources } = this.#assembly;
    const started = new Set(rules.flatMap(({ targets }) => targets.map(({ arn }) => arn)));
    const [first, later] = [true, false].map((byRule) =>
      stateMachines
        .filter(({ arn }) => started.has(arn) === byRule)
        .flatMap(({ definition }) => this.#mentioned(JSON.parse(definition))),
    );
    const [entry, ...others] = first ?? [];
    this.#warm([
      ...routes.map(({ functionArn }) => functionArn),
      ...(entry === undefined ? [] : [entry]),
      ...eventSources.map(({ functionArn }) => functionArn),
      ...(later ?? []),
      ...others,
    ]);
  }

  /** An execution begins. */
  execution(definition: unknown): void {
    this.#warm(this.#mentioned(definition));
  }

  /** A job begins: its definition names the functions it calls. */
  job(): void {
    const definitions = JSON.stringify(this.#assembly.jobDefinitions);
    const called = this.#assembly.functions.filter(({ name }) => definitions.includes(`"${name}"`));
    this.#warm(called.map(({ arn }) => arn));
  }

  /** The functions in a definition, in its order; a Map's processor has its turn when its children begin. */
  #mentioned(definition: unknown): string[] {
    const text = JSON.stringify(definition, (name, value) => (name === 'ItemProcessor' ? undefined : value));
    return this.#assembly.functions
      .map(({ arn }) => ({ arn, place: text.indexOf(arn) }))
      .filter(({ place }) => place >= 0)
      .toSorted((one, other) => one.place - other.place)
      .map(({ arn }) => arn);
  }

  #warm(arns: readonly string[]): void {
    void this.#functions.warm([...new Set(arns)]);
  }
}
