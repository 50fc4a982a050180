/** Which providers the executor's image is built with, as its Dockerfile reads them; written by `lib/executor.ts`. */
import type { MirroredProvider } from './plans.ts';

/** The registry that Terraform means where an address has no host. OpenTofu has its own: */
const TERRAFORM_REGISTRY = 'registry.terraform.io/';

/**
 * Lines of `tool source version`: with which tool a mirror is made of what. An address without a host is another provider to each
 * tool (https://opentofu.org/docs/cli/private_registry/provider-registry/), so both make one; Terraform's registry serves Terraform
 * alone (https://registry.terraform.io/terms).
 */
export function mirrorList(providers: readonly MirroredProvider[]): string {
  return providers
    .flatMap(({ source, version }) => toolsFor(source).map((tool) => `${tool} ${source} ${version}\n`))
    .toSorted()
    .join('');
}

function toolsFor(source: string): readonly ('tofu' | 'terraform')[] {
  if (source.split('/').length === 2) return ['tofu', 'terraform'];
  return source.toLowerCase().startsWith(TERRAFORM_REGISTRY) ? ['terraform'] : ['tofu'];
}
