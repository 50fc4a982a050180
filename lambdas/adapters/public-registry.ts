/** Asks public.ecr.aws which digest a tag points to now; used by `image-build` and by the command that refreshes the pinned bases. */

const REGISTRY = 'https://public.ecr.aws';

/** An index of all architectures, in either of its two formats; a manifest of one architecture would not build for the other. */
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/**
 * `sha256:…`. Anybody may ask, with a token that anybody gets.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#checking-if-content-exists-in-the-registry
 */
export async function newestDigest(name: string, tag: string, registry = REGISTRY): Promise<string> {
  const doing = `asking ${registry} for the newest digest of ${name}:${tag}`;
  const asked = await fetch(`${registry}/token/`, { signal: AbortSignal.timeout(30_000) });
  const { token } = (await asked.json().catch(() => ({}))) as { token?: unknown };
  if (typeof token !== 'string')
    throw new Error(`${doing}: it gave no token (status ${asked.status}); try later`);
  const response = await fetch(`${registry}/v2/${name}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${token}`, accept: INDEXES.join(', ') },
    signal: AbortSignal.timeout(30_000),
  });
  const type = response.headers.get('content-type') ?? '';
  const digest = response.headers.get('docker-content-digest') ?? '';
  if (response.ok && INDEXES.includes(type) && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new Error(
    `${doing}: the answer is no index with a digest (status ${response.status}, ${type || 'no type'}); look whether the tag still exists`,
  );
}
