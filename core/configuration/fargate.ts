/** Which sizes Fargate has: used by the schema of `belay.config.ts`. */

/**
 * Memory in MiB that goes with each number of vCPUs: from, to, in steps of (32 vCPU has three sizes only).
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
 */
const MEMORY: readonly (readonly [vcpu: number, sizes: readonly number[]])[] = [
  [0.25, [512, 1024, 2048]],
  [0.5, steps(1024, 4096, 1024)],
  [1, steps(2048, 8192, 1024)],
  [2, steps(4096, 16_384, 1024)],
  [4, steps(8192, 30_720, 1024)],
  [8, steps(16_384, 61_440, 4096)],
  [16, steps(32_768, 122_880, 8192)],
  [32, [61_440, 122_880, 249_856]],
];

/** The numbers of vCPUs a job can have. */
export const VCPUS: readonly number[] = MEMORY.map(([vcpu]) => vcpu);

/** What is wrong with a job's memory, and which would be right; undefined when the pair is one of Fargate's. */
export function memoryProblem(vcpu: number, memoryMiB: number): string | undefined {
  const sizes = MEMORY.find(([one]) => one === vcpu)?.[1] ?? [];
  if (sizes.includes(memoryMiB)) return undefined;
  const [first, second, ...others] = sizes;
  const step = (second ?? 0) - (first ?? 0);
  const isEven = sizes.every((size, index) => size === (first ?? 0) + index * step);
  const known =
    isEven && others.length > 2 ? `${first} to ${sizes.at(-1)} in steps of ${step}` : sizes.join(', ');
  return `Fargate has no ${memoryMiB} MiB with ${vcpu} vCPU: choose ${known}`;
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}
