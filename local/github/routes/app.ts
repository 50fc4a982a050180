/** What the App asks with its own word: where it is installed, tokens, its webhook's deliveries. */
import { notFound, paged, type RestAnswer, unprocessable } from '../answers.ts';
import type { Permissions } from '../app.ts';
import type { Place, Routes } from './route.ts';

const installationOf = ({ app }: Place, account: string): RestAnswer => ({
  status: 200,
  body: { id: app.installation, app_id: app.id, account: { login: account }, permissions: app.permissions },
});

export const appRoutes: Routes = {
  // https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
  'POST /app-manifests/{code}/conversions': {
    anybody: ({ registrations, url }, { values: { code = '' } }) => {
      const made = registrations.convert(code, url);
      return made === undefined ? notFound : { status: 201, body: made };
    },
  },

  // https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app
  'GET /repos/{owner}/{repo}/installation': {
    asApp: (place, { values: { owner = '', repo = '' } }) => {
      const known = place.repositories.byFullName(`${owner}/${repo}`);
      return known !== undefined && place.app.installedOn(`${known.owner}/${known.name}`)
        ? installationOf(place, known.owner)
        : notFound;
    },
  },
  'GET /orgs/{org}/installation': { asApp: (place, { values: { org = '' } }) => installationOf(place, org) },

  // https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
  'POST /app/installations/{installation_id}/access_tokens': {
    asApp: ({ app, repositories: all }, { values, body }) => {
      const wanted = (body ?? {}) as { repositories?: string[]; permissions?: Permissions };
      if (Number(values.installation_id) !== app.installation) return notFound;
      const unknown = (wanted.repositories ?? []).filter(
        (name) => !all.byName(name).some(({ owner }) => app.installedOn(`${owner}/${name}`)),
      );
      if (unknown.length > 0)
        return unprocessable(
          'There is at least one repository that does not exist or is not accessible to the parent installation.',
        );
      const issued = app.issue(wanted);
      if (issued === undefined)
        return unprocessable('The permissions requested are not granted to this installation.');
      const { token, permissions, expiresAt } = issued;
      const expires_at = new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z');
      const repository_selection = wanted.repositories === undefined ? 'all' : 'selected';
      return { status: 201, body: { token, expires_at, permissions, repository_selection } };
    },
  },

  // https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
  'GET /app/hook/deliveries': {
    asApp: ({ deliveries }, { query }) => {
      const wanted = query.get('status');
      const all = deliveries.attempts().filter(({ status_code }) => {
        const isGood = status_code >= 200 && status_code < 400;
        return wanted === null || (wanted === 'success') === isGood;
      });
      return paged(query, all.toReversed());
    },
  },
  'GET /app/hook/deliveries/{delivery_id}': {
    asApp: ({ deliveries }, { values }) => {
      const attempt = deliveries.attempts().find(({ id }) => id === Number(values.delivery_id));
      return attempt === undefined ? notFound : { status: 200, body: attempt };
    },
  },
  'POST /app/hook/deliveries/{delivery_id}/attempts': {
    asApp: ({ deliveries }, { values }) => {
      const attempt = deliveries.attempts().find(({ id }) => id === Number(values.delivery_id));
      if (attempt === undefined) return notFound;
      void deliveries.redeliver(attempt.guid);
      return { status: 202, body: {} };
    },
  },
};
