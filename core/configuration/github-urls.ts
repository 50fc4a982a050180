/** Where the REST API of a GitHub is; used by the stack and `doctor/`. */

/**
 * Of github.com, of GHE.com with data residency, and of a GitHub Enterprise Server.
 * https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
 * https://docs.github.com/en/enterprise-server@latest/rest/quickstart
 */
export function gitHubApiUrl(url: string): string {
  const host = url.replace('https://', '');
  if (host === 'github.com' || host.endsWith('.ghe.com')) return `https://api.${host}`;
  return `${url}/api/v3`;
}
