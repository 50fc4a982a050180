/** What this installation of Belay serves, and how; every field is told in docs/configuration.md. Read by `bin/app.ts`. */
import { defineConfig } from './core/configuration/schema.ts';

export default defineConfig({
  // Which repositories are served, and where their manifests may deploy to. 'any' suits the local twin, which plays every account: name
  // yours before you deploy. Without `accounts` and `regions` it is the account and the region that Belay is deployed in.
  repositories: 'any', // ['my-organisation/infrastructure']
  accounts: 'any', // ['111122223333', '444455556666']
  regions: 'any', // ['eu-west-1']
});
