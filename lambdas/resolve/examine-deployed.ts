/** What a destroy or a restore is about: targets as they are deployed. A step of `resolve`. */
import type { LastGoodDocument } from '../../core/contracts/last-good.ts';
import type { OperationRequested } from '../../core/contracts/operation.ts';
import {
  type ReleaseDocument,
  type ReleaseRef,
  releaseDocumentSchema,
} from '../../core/contracts/release.ts';
import { releaseKey } from '../../core/keys.ts';
import { describeOperation } from '../../core/request.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { judgeRequest } from '../shared/judge-request.ts';
import type { Examination } from './examine.ts';

/**
 * Stores `release.json`. What is deployed may change until the lease is there, so `open` looks again; here is fixed which targets the
 * release is about.
 */
export async function examineDeployed(
  request: Exclude<OperationRequested, { operation: 'rollback' }>,
  release: ReleaseRef,
  { ledger, objects }: { readonly ledger: Ledger; readonly objects: ObjectStore },
): Promise<Examination> {
  const { environment: name, operation, repository } = request;
  const judged = await judgeRequest(request, { ledger, store: objects });
  if ('problem' in judged) return { environments: [], verdict: 'refused', reason: judged.problem };
  const { documents, components } = judged;
  const document: ReleaseDocument = {
    version: 1,
    ...{ release, operation, repository, branch: repository.defaultBranch },
    ...('because' in request && { because: request.because }),
    environments: [{ name, ...placeOf(documents), after: [], targets: documents.map(asTarget) }],
  };
  const key = releaseKey(release.repository, release.id);
  await objects.put(key, JSON.stringify(releaseDocumentSchema.parse(document)));
  return { environments: [name], reason: describeOperation(request, components) };
}

/** Jobs take account and region from the target's own document; this is what the environment is shown with. */
function placeOf([first]: readonly LastGoodDocument[]) {
  return { account: first?.account ?? '', region: first?.region ?? '' };
}

const asTarget = ({ entry }: LastGoodDocument) => ({ entry, references: [] });
