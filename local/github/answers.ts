/** What GitHub answers when it says no, and how it answers long lists; used by all routes. */

/** An answer of the API. A good one is filled up to GitHub's description by `rest.ts`. */
export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The page a list stopped at, and whether there is another one. */
  readonly page?: { readonly number: number; readonly last: number };
}

const refusal = (status: number, message: string, more: object = {}): RestAnswer => ({
  status,
  body: { message, ...more, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});

export const notFound = refusal(404, 'Not Found');
export const badCredentials = refusal(401, 'Bad credentials');
export const unauthorized = (message: string) => refusal(401, message);
export const forbidden = (message: string, headers: Readonly<Record<string, string>> = {}): RestAnswer => ({
  ...refusal(403, message),
  headers,
});
export const unprocessable = (message: string, errors?: readonly object[]): RestAnswer =>
  refusal(422, message, errors === undefined ? {} : { errors });
export const refused = refusal;

const MAX_PER_PAGE = 100;

/** One page of a list, newest first or as the caller has ordered it. `wrap` puts it where the operation has its list. */
export function paged<T>(
  query: URLSearchParams,
  all: readonly T[],
  wrap: (items: readonly T[]) => unknown = (items) => items,
): RestAnswer {
  const size = Math.min(MAX_PER_PAGE, Number(query.get('per_page') ?? 30));
  const number = Number(query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  return { status: 200, body: wrap(all.slice((number - 1) * size, number * size)), page: { number, last } };
}

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
export function linkHeader(url: URL, { number, last }: { number: number; last: number }): string | undefined {
  const link = (page: number, relation: string) => {
    const to = new URL(url);
    to.searchParams.set('page', String(page));
    return `<${to.href}>; rel="${relation}"`;
  };
  const before = number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : [];
  const after = number < last ? [link(number + 1, 'next'), link(last, 'last')] : [];
  const links = [...before, ...after];
  return links.length === 0 ? undefined : links.join(', ');
}
