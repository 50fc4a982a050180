/** The GitHub App as Belay asks GitHub for it: permissions, events and addresses. Called by `set-up`. */
import { PATHS } from './contracts/set-up.ts';
import { CONVERSATIONS } from './conversation.ts';

/** What each is for: docs/github.md. Names: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps */
export const APP_PERMISSIONS = {
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  metadata: 'read',
  issues: 'write',
  pull_requests: 'read',
  merge_queues: 'read',
  members: 'read',
  statuses: 'write',
} as const;

/** What `webhook` serves. */
export const APP_EVENTS = ['push', 'pull_request', 'merge_group', ...CONVERSATIONS] as const;

/** GitHub's limit for the name of an App, in characters. */
const MAX_NAME = 34;

/**
 * The manifest for an API at `https://<domain>`. Names of Apps are unique on GitHub, so the suggested one has the API's id in it.
 * https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
export function appManifest(domain: string) {
  const at = (path: string) => `https://${domain}${path}`;
  return {
    name: `belay-${domain.split('.')[0]}`.slice(0, MAX_NAME),
    url: at(PATHS.setUp),
    hook_attributes: { url: at(PATHS.webhook), active: true },
    redirect_url: at(PATHS.setUpDone),
    public: false,
    default_permissions: APP_PERMISSIONS,
    default_events: APP_EVENTS,
  };
}

/** Names of organisations, as GitHub takes them. */
const ORGANISATION = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}$/i;

export const isOrganisation = (name: string): boolean => ORGANISATION.test(name);

/** Where the manifest is posted to: below the organisation that is to own the App, or the person's own account. */
export function registrationUrl(gitHub: string, state: string, organisation?: string): string {
  const owner = organisation === undefined ? '' : `/organizations/${organisation}`;
  return `${gitHub.replace(/\/$/, '')}${owner}/settings/apps/new?state=${encodeURIComponent(state)}`;
}
