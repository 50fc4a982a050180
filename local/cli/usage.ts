/** How the local command line is called: its help text, its exit codes, and the error for a wrong call; used by every command. */

/** What the process ends with. Documented in `docs/local-twin.md`; scripts rely on it. */
export const EXIT = {
  /** The release succeeded, or there was nothing to do. */
  done: 0,
  /** The release failed, or ended in another way that left something undone. */
  failed: 1,
  /** A wrong call, not a git repository, or a manifest that was refused: nothing was started. */
  badInput: 2,
  /** The release waits for a person. */
  waiting: 3,
} as const;

/** A command that cannot be carried out on what it was given; the message is one sentence for the person who typed it. */
export class BadInput extends Error {
  override readonly name: string = 'BadInput';
}

/** A wrong call: the usage helps. */
export class UsageError extends BadInput {
  override readonly name = 'UsageError';
}

/** Printed by `--help` and after a usage error. */
export const USAGE = `usage: npm run local -- COMMAND [OPTION…]

  push --repo DIR [--ref BRANCH] [--pass-env NAME]… [--slots N] [--no-wait]
                         take the HEAD of a git repository through the pipeline; --no-wait: end when it waits for a person
  plan --repo DIR --ref BRANCH [--base BRANCH]
                         open a pull request from a branch, or push to the one there is, and say what merging it would change
  status [--release ID] [--repo DIR]
                         how a release is or was; without an id the newest one
  history [--repo DIR]   the releases so far, the newest first
  log --release ID [--repo DIR] [--target ENV/COMPONENT]
                         a target's logs; without a target, which logs there are
  trace --release ID [--repo DIR]
                         where a release's time went: the critical path, waiting and work, and its timeline as a page
  secret NAME --repo DIR [--from-env VARIABLE]
                         store a secret's value, read from standard input or from a variable
  approve --release ID --target ENV/COMPONENT
                         let a change be applied that waits for a person; then like \`push --no-wait\`
  reject --release ID --target ENV/COMPONENT
                         refuse it
  redrive --release ID [--older]
                         go on with a release from where it failed; --older: although a newer commit came since
  cancel --release ID    stop a release; what is being applied runs to its end and stays
  unlock --release ID --target ENV/COMPONENT
                         a target's state is free again: remove a stale lock, clear a state that could not be written
  destroy --env ENV [--target COMPONENT]… [--repo DIR] [--no-wait]
                         destroy what is deployed, each target once a person has approved it; without a target everything there
  rollback --env ENV [--to COMMIT] [--repo DIR] [--no-wait]
                         bring dirty targets back to their last good, or the environment to an older commit
  comment --repo DIR [--pull N] TEXT
                         write to a pull request of the local GitHub, such as '/belay approve dev/app', and see how Belay answers;
                         without a number the one that HEAD came by
  serve [--port N] [--pass-env NAME]… [--slots N]
                         show the local GitHub in a browser and take deliveries from outside, until Ctrl-C;
                         --port 0: any free one (default: 4567)
  sweep                  find what was lost and set it right
  metrics                what the dashboard would show, which alarms would be red, and what people were told

  --as USER              of whatever a person asks for: who asks (default: your user name)
  --json                 one JSON object on standard output, nothing else
  --state-dir DIR        where the local twin keeps its state (default: .belay)
`;
