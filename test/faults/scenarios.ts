/** What happens in a run when nothing goes wrong: pushes, what a person asks for, what the user's code does, and the end. Used by `run.ts`. */
import { NOTHING } from './cloud.ts';
import type { Versions } from './repository.ts';

export interface Scenario {
  readonly name: string;
  /** A push before all of it, undisturbed, and the stages of the user's code that fail then. */
  readonly before?: { readonly versions: Versions; readonly fails: readonly string[] };
  /** Pushes, with the seconds that pass before the next one. */
  readonly pushes: readonly { readonly versions: Versions; readonly seconds: number }[];
  /** What a person asks for: after the pushes, where there are any. */
  readonly order?: { readonly action: 'destroy' | 'rollback'; readonly environment: string };
  /** Stages of the user's code that fail, every time. */
  readonly fails: readonly string[];
  /** Verdict of each release, in the end; the first ones of several may be superseded on the way. */
  readonly verdicts: readonly (readonly string[])[];
  /** The last release's deployment to one environment. */
  readonly ends: { readonly environment: 'dev' | 'prod'; readonly verdict: string };
  /** What is in the cloud then. */
  readonly values: Readonly<Record<string, string>>;
  /** The push that comes after all of it, and what is in the cloud then. */
  readonly next: { readonly versions: Versions; readonly values: Readonly<Record<string, string>> };
}

/** Where every run begins: everything deployed. */
export const BASE = {
  versions: { a: 'a1', b: 'b1', c: 'c1', d: 'd1' },
  values: {
    ...{ 'dev/a': 'a1', 'dev/b': 'b1(a1)', 'dev/c': 'c1', 'dev/d': 'd1' },
    ...{ 'prod/a': 'a1', 'prod/b': 'b1(a1)' },
  },
};

const inDev = (verdict: string) => ({ environment: 'dev', verdict }) as const;
const done = { fails: [], verdicts: [['succeeded']], ends: inDev('succeeded') };

export const SCENARIOS: readonly Scenario[] = [
  {
    ...done,
    name: 'good push',
    pushes: [{ versions: { a: 'a2', b: 'b1', c: 'c1', d: 'd2' }, seconds: 0 }],
    values: {
      ...{ 'dev/a': 'a2', 'dev/b': 'b1(a2)', 'dev/c': 'c1', 'dev/d': 'd2' },
      ...{ 'prod/a': 'a2', 'prod/b': 'b1(a2)' },
    },
    next: {
      versions: { a: 'a2', b: 'b1', c: 'c9', d: 'd2' },
      values: {
        ...{ 'dev/a': 'a2', 'dev/b': 'b1(a2)', 'dev/c': 'c9', 'dev/d': 'd2' },
        ...{ 'prod/a': 'a2', 'prod/b': 'b1(a2)' },
      },
    },
  },
  {
    name: 'apply fails',
    pushes: [{ versions: { a: 'a2', b: 'b2', c: 'c1', d: 'd1' }, seconds: 0 }],
    fails: ['apply dev/b b2(a2)'],
    verdicts: [['failed']],
    ends: inDev('rolled-back'),
    values: BASE.values,
    next: {
      versions: { a: 'a2', b: 'b4', c: 'c1', d: 'd1' },
      values: {
        ...{ 'dev/a': 'a2', 'dev/b': 'b4(a2)', 'dev/c': 'c1', 'dev/d': 'd1' },
        ...{ 'prod/a': 'a2', 'prod/b': 'b4(a2)' },
      },
    },
  },
  {
    name: 'test fails',
    pushes: [{ versions: { a: 'a1', b: 'b1', c: 'c2', d: 'd2' }, seconds: 0 }],
    fails: ['test dev/d d2'],
    verdicts: [['failed']],
    ends: inDev('rolled-back'),
    values: BASE.values,
    next: {
      versions: { a: 'a1', b: 'b1', c: 'c2', d: 'd4' },
      values: { ...BASE.values, 'dev/c': 'c2', 'dev/d': 'd4' },
    },
  },
  {
    ...done,
    name: 'approval',
    pushes: [{ versions: { a: 'a1', b: 'b3', c: 'c1', d: 'd1' }, seconds: 0 }],
    values: { ...BASE.values, 'dev/b': 'b3(a1)', 'prod/b': 'b3(a1)' },
    next: {
      versions: { a: 'a1', b: 'b3', c: 'c9', d: 'd1' },
      values: { ...BASE.values, 'dev/b': 'b3(a1)', 'prod/b': 'b3(a1)', 'dev/c': 'c9' },
    },
  },
  {
    ...done,
    name: 'second push',
    pushes: [
      { versions: { a: 'a1', b: 'b1', c: 'c2', d: 'd1' }, seconds: 15 },
      { versions: { a: 'a1', b: 'b1', c: 'c4', d: 'd2' }, seconds: 0 },
    ],
    verdicts: [['succeeded', 'superseded'], ['succeeded']],
    values: { ...BASE.values, 'dev/c': 'c4', 'dev/d': 'd2' },
    next: {
      versions: { a: 'a1', b: 'b1', c: 'c9', d: 'd2' },
      values: { ...BASE.values, 'dev/c': 'c9', 'dev/d': 'd2' },
    },
  },
  {
    ...done,
    name: 'destroy',
    pushes: [],
    order: { action: 'destroy', environment: 'prod' },
    ends: { environment: 'prod', verdict: 'succeeded' },
    values: { ...BASE.values, 'prod/a': NOTHING, 'prod/b': NOTHING },
    next: {
      versions: { a: 'a1', b: 'b1', c: 'c9', d: 'd1' },
      values: { ...BASE.values, 'dev/c': 'c9' },
    },
  },
  {
    ...done,
    name: 'rollback by hand',
    // The way back fails as well: `dev` is broken.
    before: {
      versions: { a: 'a2', b: 'b2', c: 'c1', d: 'd1' },
      fails: ['apply dev/b b2(a2)', 'apply dev/b b1(a1)'],
    },
    pushes: [],
    order: { action: 'rollback', environment: 'dev' },
    values: BASE.values,
    next: {
      versions: { a: 'a2', b: 'b4', c: 'c1', d: 'd1' },
      values: {
        ...{ 'dev/a': 'a2', 'dev/b': 'b4(a2)', 'dev/c': 'c1', 'dev/d': 'd1' },
        ...{ 'prod/a': 'a2', 'prod/b': 'b4(a2)' },
      },
    },
  },
];
