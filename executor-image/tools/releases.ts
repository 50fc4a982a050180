/** The releases of OpenTofu and Terraform the executor may fetch, with the SHA-256 of their archives as the projects publish them. */

export type Platform = 'linux_amd64' | 'linux_arm64' | 'darwin_amd64' | 'darwin_arm64';

/** Version → platform → SHA-256 of the zip archive. */
type Releases = Readonly<Record<string, Readonly<Partial<Record<Platform, string>>>>>;

/** The OpenTofu fetched where neither tool is installed; the image pins the same. */
export const PINNED_OPENTOFU = '1.12.6';

export const RELEASES: Readonly<Record<'opentofu' | 'terraform', Releases>> = {
  opentofu: {
    '1.11.7': {
      linux_amd64: '2ae4434e08da9a17372c11509d11b07f1cb3730dea0bf7ff658bdb4b83b1cbab',
      linux_arm64: '5b3134038c99539768b9d685e3f9d593f498a46ef6ac5ed824ce5a8d5d12c415',
    },
    '1.12.6': {
      linux_amd64: '5dc43da4f750f33873dc25e94587128709e819e544b7be9016b255316153c3a8',
      linux_arm64: 'e573979ba68a17fe7b881752051a694a7efcd970e39521f6a25775197861ed4d',
      darwin_amd64: '166388e5feed47e107e11721b6366bf91d21e47eccbced75f3cbe0c7184ffd9b',
      darwin_arm64: 'e083ee43790ab9e19ad66d9933e24a7244a1412e1d5728f37999ae2163fdac95',
    },
  },
  terraform: {
    '1.10.5': {
      linux_amd64: '0566a24f5332098b15716ebc394be503f4094acba5ba529bf5eb0698ed5e2a90',
      linux_arm64: '0ca5d6977c7c46bfa4bbe030030b911e897cf0cb72bff5525fb76c10f1c3409a',
      darwin_amd64: '4164db242076c7e99ac6aec67bc42b366925b97267e3883edaca4e4e408b082e',
      darwin_arm64: '51910553dae21dab7f5f55912129602fd902e68a6b6d84b326a556a3e140b98b',
    },
    '1.11.4': {
      linux_amd64: '1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc',
      linux_arm64: 'a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633',
      darwin_amd64: 'a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b',
      darwin_arm64: '867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18',
    },
    '1.12.2': {
      linux_amd64: '1eaed12ca41fcfe094da3d76a7e9aa0639ad3409c43be0103ee9f5a1ff4b7437',
      linux_arm64: 'f8a0347dc5e68e6d60a9fa2db361762e7943ed084a773f28a981d988ceb6fdc9',
      darwin_amd64: 'c65aa74bed1dbb1c48ba4bbab11f08e7f7eeb54a422146561490275340468f19',
      darwin_arm64: '1ca02f336ff4f993d6441806d38a0bcc0bbca0e3c877b84c9c2dc80cfcd0dc8b',
    },
    '1.13.5': {
      linux_amd64: '0dbe3fcc268eb670801af6a6456799d1ae26e72e73797f6c6167e18aafd1fd9a',
      linux_arm64: 'fc1ddcb403fb57e25bdbdceb1ef2b1a102650c01b4d65dd3410082d2ef8b4417',
      darwin_amd64: '92f76865230cbe6bb747e49cb3dc5b44a054324bbdd1a080bb127b326b94c404',
      darwin_arm64: '1bf942231235e7e1a4c38c6d7b820e54f526ac487f87d19f0c4a425c6ddb62cb',
    },
    '1.14.9': {
      linux_amd64: '2e5cffc20a0b48a67a76268723bd5a10b8666f69b2aa4f04906e206726bedd63',
      linux_arm64: '863002085b886453795d9ff4b8989b8468784478150b70ba8a1df3e3ad66da99',
      darwin_amd64: 'c15326e1af102d2767d40208a0157d1402057f80192991f56803b66457304cf3',
      darwin_arm64: '5bc0b11b7a63c8984a41d82523356df46f7833c2e9651a39a7f8919422de5cde',
    },
    '1.15.8': {
      linux_amd64: 'd25ce7b6902013ad905db3d2eab0be4cd905887fe88b81a6171b8d5503c31f3d',
      linux_arm64: '8891e9dcedc9e3b8950bc6af9d4d8af1f4cfade3062f53b9dc403a89f6ce8c9c',
      darwin_amd64: 'e2e812e783771159bf758fd4e55d6dc9bb08f63e2af2c63d212721807a02c5dc',
      darwin_arm64: 'f210110c5698b94d803a7a63cdb0251b5455c150841478808e2bbb343f95ed68',
    },
  },
};

/** Where the archive is published. */
export const archiveUrl = (tool: 'opentofu' | 'terraform', version: string, platform: Platform) =>
  tool === 'opentofu'
    ? `https://github.com/opentofu/opentofu/releases/download/v${version}/tofu_${version}_${platform}.zip`
    : `https://releases.hashicorp.com/terraform/${version}/terraform_${version}_${platform}.zip`;
