/** Draws a state machine's definition as a Mermaid flowchart, with what is caught told beneath where it would hide the picture. */

/** The parts of the Amazon States Language that a picture shows. */
interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly ItemProcessor?: Definition;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** From so many states on, the arrows of caught errors to one state are told instead of drawn. */
const TOO_MANY_ARROWS = 3;

/** The machine and the Maps in it, each as a picture of its own under a heading. */
export function describeMachine(name: string, { StartAt, States }: Definition): string {
  const states = Object.entries(States);
  const picture = ['flowchart TD', `  start(( )) --> ${id(StartAt)}`];
  const crowded = catchesByHandler(states).filter(([, from]) => from.length > TOO_MANY_ARROWS);
  const told = new Set(crowded.map(([handler]) => handler));
  for (const [title, state] of states) {
    picture.push(`  ${id(title)}${shape(title, state)}`);
    if (state.Next !== undefined) picture.push(`  ${id(title)} --> ${id(state.Next)}`);
    for (const { Condition, Next } of state.Choices ?? [])
      picture.push(`  ${id(title)} -- "${condition(Condition)}" --> ${id(Next)}`);
    if (state.Default !== undefined) picture.push(`  ${id(title)} -- otherwise --> ${id(state.Default)}`);
    for (const { ErrorEquals, Next } of state.Catch ?? [])
      if (!told.has(Next)) picture.push(`  ${id(title)} -. "${errors(ErrorEquals)}" .-> ${id(Next)}`);
  }
  const notes = crowded.map(
    ([handler, from]) => `Caught and not drawn: errors of ${listed(from)} lead to "${handler}".`,
  );
  const inner = states.flatMap(([title, { ItemProcessor }]) =>
    ItemProcessor === undefined ? [] : [describeMachine(`Each item of "${title}"`, ItemProcessor)],
  );
  return [`## ${name}`, ['```mermaid', ...picture, '```'].join('\n'), ...notes, ...inner].join('\n\n');
}

function catchesByHandler(states: readonly (readonly [string, State])[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const [title, { Catch = [] }] of states)
    for (const { Next } of Catch) found.set(Next, [...(found.get(Next) ?? []), title]);
  return [...found];
}

const id = (title: string) => title.replace(/[^A-Za-z0-9]/g, '_');

function shape(title: string, { Type }: State): string {
  switch (Type) {
    case 'Choice':
      return `{"${title}"}`;
    case 'Map':
      return `[["${title}"]]`;
    case 'Wait':
      return `[/"${title}"/]`;
    case 'Succeed':
    case 'Fail':
      return `(["${title}"])`;
    default:
      return `["${title}"]`;
  }
}

/** A JSONata condition as people read it. */
const condition = (text: string) =>
  text
    .replace(/^\{% ?| ?%\}$/g, '')
    .replace(/\$states\.input\./g, '')
    .replaceAll('$', '')
    .replaceAll('"', "'");

const errors = (names: readonly string[]) =>
  names.map((name) => (name === 'States.ALL' ? 'any error' : name)).join(', ');

const listed = (titles: readonly string[]) => titles.map((title) => `"${title}"`).join(', ');
