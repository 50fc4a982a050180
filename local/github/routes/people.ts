/** Teams and permissions, as a person has written them into the twin's folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { notFound } from '../answers.ts';
import type { Routes } from './route.ts';

const teamsSchema = z.record(z.string(), z.array(z.string()));
const permissionsSchema = z.record(z.string(), z.enum(['admin', 'maintain', 'write', 'triage', 'read']));

/** What a person has written into the file; undefined when there is none. */
function written<T extends z.ZodType>(file: string, schema: T, form: string): z.output<T> | undefined {
  if (!existsSync(file)) return undefined;
  const read = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  throw new Error(`reading ${file}: it must hold ${form}`);
}

/** GitHub's older field knows no `maintain` and no `triage`. */
const OLDER: Readonly<Record<string, string>> = { maintain: 'write', triage: 'read' };

export const peopleRoutes: Routes = {
  // https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
  'GET /orgs/{org}/teams/{team_slug}/memberships/{username}': {
    needs: 'members:read',
    run: ({ folder }, { values: { org = '', team_slug = '', username = '' } }) => {
      const teams =
        written(join(folder, 'teams.json'), teamsSchema, '{"organisation/team": ["login", …]}') ?? {};
      const members = teams[`${org}/${team_slug}`.toLowerCase()] ?? [];
      if (!members.some((member) => member.toLowerCase() === username.toLowerCase())) return notFound;
      return { status: 200, body: { role: 'member', state: 'active' } };
    },
  },
  // https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': {
    needs: 'metadata:read',
    inRepository: ({ folder }, { values: { username = '' } }) => {
      const file = join(folder, 'permissions.json');
      const people = written(
        file,
        permissionsSchema,
        '{"login": "admin", "maintain", "write", "triage" or "read"}',
      );
      // Nobody has written anything down: everybody may do everything.
      const role = people === undefined ? 'admin' : (people[username] ?? 'none');
      return {
        status: 200,
        body: { permission: OLDER[role] ?? role, role_name: role, user: { login: username } },
      };
    },
  },
};
