/** Small components for repositories of the end-to-end tests. */

/** A manifest; JSON is YAML. */
export function manifest(content: { readonly environments: object; readonly components: object }): string {
  return JSON.stringify({ version: 1, ...content }, null, 2);
}

/** An environment that deploys below `directory`, which the tools get as DEPLOYED. */
export const environment = (directory: string, more: object = {}) => ({
  account: '111122223333',
  region: 'eu-west-1',
  approval: 'never',
  env: { DEPLOYED: directory },
  ...more,
});

/**
 * Deploys the file `text` and the variables `in_…` as the file $DEPLOYED/$NAME, and has its first line as the output `first`.
 * Each call is noted in $DEPLOYED/calls.
 */
const script = `wanted() { cat text; env | grep '^in_' | sort || true; }
case $1 in
  plan)
    echo "plan $NAME" >> "$DEPLOYED/calls"
    wanted | cmp -s - "$DEPLOYED/$NAME" && exit 0
    if [ -e "$DEPLOYED/$NAME" ]; then counts='"change":1'; else counts='"add":1'; fi
    echo "{$counts}" > "$BELAY_PLAN_JSON"
    exit 2 ;;
  apply)
    echo "apply $NAME" >> "$DEPLOYED/calls"
    wanted > "$DEPLOYED/$NAME" ;;
  outputs) printf '{"first":"%s"}' "$(head -n 1 text)" ;;
esac
`;

/** The manifest entry of such a component. `inputs`: from which components it takes their `first`. */
export const fileComponent = (name: string, inputs: readonly string[] = [], more: object = {}) => ({
  path: `components/${name}`,
  tool: 'shell',
  needs: inputs,
  inputs: Object.fromEntries(inputs.map((one) => [`in_${one}`, `${one}.first`])),
  variables: { NAME: name },
  commands: {
    plan: 'mkdir -p "$DEPLOYED" && sh deploy.sh plan',
    apply: 'sh deploy.sh apply',
    outputs: 'sh deploy.sh outputs',
  },
  ...more,
});

/** The files of such components: name → text. */
export function fileComponents(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => [
      [`components/${name}/deploy.sh`, script],
      [`components/${name}/text`, text],
    ]),
  );
}
