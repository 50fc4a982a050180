/** X-Ray in memory, for tests of what is sent to it. */
import type { Segment } from '../../core/trace/segment.ts';
import type { Segments } from '../../lambdas/ports.ts';

export function segmentsMemory(): Segments & { readonly sent: readonly Segment[] } {
  const sent: Segment[] = [];
  return {
    sent,
    async send(segment) {
      sent.push(segment);
    },
  };
}
