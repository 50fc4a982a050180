import { expect, test } from '@jest/globals';
import { type Binding, type Exactly, variables } from '../../lib/binding.ts';

/** Stands for a function construct: compiles only when the bindings set exactly the variables `A` and `B`. */
const take = <const Bindings extends readonly Binding<never>[]>(
  bindings: Bindings & Exactly<'A' | 'B', Bindings>,
) => Object.assign({}, ...bindings.map(({ env }) => env));

test('bindings that set exactly the contract compile; a missing or extra variable is a type error', () => {
  const a = variables({ A: '1' });
  const b = variables({ B: '2' });
  const c = variables({ C: '3' });
  expect(take([a, b])).toEqual({ A: '1', B: '2' });
  // @ts-expect-error B is missing
  expect(take([a])).toEqual({ A: '1' });
  // @ts-expect-error C is not in the contract
  expect(take([a, b, c])).toEqual({ A: '1', B: '2', C: '3' });
});
