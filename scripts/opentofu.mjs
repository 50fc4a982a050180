// The OpenTofu release that is fetched where no tool is installed, and the only bytes accepted as it.
import { createHash } from 'node:crypto';

/**
 * SHA-256 of the release's zip files by `<platform>_<architecture>`, as in the release's own SHA256SUMS:
 * https://github.com/opentofu/opentofu/releases/download/v1.11.7/tofu_1.11.7_SHA256SUMS
 */
export const pinned = {
  version: '1.11.7',
  sha256: {
    linux_amd64: '2ae4434e08da9a17372c11509d11b07f1cb3730dea0bf7ff658bdb4b83b1cbab',
    linux_arm64: '5b3134038c99539768b9d685e3f9d593f498a46ef6ac5ed824ce5a8d5d12c415',
    darwin_amd64: 'aa00a7a4143064f48735b1f9b517f9cdb524396bc4f2fbd8aec7613d04f244fe',
    darwin_arm64: 'a6fe86baa873afaf32b66128d8d9f3ea6420ef6c1fbd6719e55439a2124655db',
  },
};

/** The release file for a machine, or undefined when none is pinned for it. Arguments are `process.platform` and `process.arch`. */
export function releaseFor(platform, arch) {
  const name = `${platform}_${arch === 'x64' ? 'amd64' : arch}`;
  const sha256 = pinned.sha256[name];
  if (sha256 === undefined) return undefined;
  const { version } = pinned;
  const url = `https://github.com/opentofu/opentofu/releases/download/v${version}/tofu_${version}_${name}.zip`;
  return { url, sha256 };
}

/** Throws unless these are the release's bytes. */
export function verify(bytes, { url, sha256 }) {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256)
    throw new Error(`${url} has the SHA-256 ${found}, expected ${sha256}; it was thrown away`);
}
