/**
 * Keeps `docs/state-machines.md` what is synthesized. After a change of the machines, write the file anew by running this test
 * with BELAY_WRITE_DIAGRAMS=1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { text as rendered, synthesized } from '../support/assembly.ts';
import { type Definition, describeMachine } from '../support/state-diagram.ts';

const file = new URL('../../docs/state-machines.md', import.meta.url);

const introduction = `# The state machines

Drawn from the synthesized definitions, and kept true by \`test/synth/state-diagrams.test.ts\`. Boxes are tasks and passes, diamonds
choices, double boxes Distributed Maps; dotted arrows are caught errors. What each step does: [architecture.md](architecture.md).`;

test('the committed pictures are those of the synthesized machines', () => {
  const resources = Object.values(synthesized().Resources);
  const machine = (name: string): Definition => {
    const found = resources.find(({ Properties }) => Properties.StateMachineName === name);
    return JSON.parse(rendered(found?.Properties.DefinitionString));
  };
  const release = describeMachine('Release', machine('belay-release'));
  const deployment = describeMachine('Deployment', machine('belay-deployment'));
  const text = `${[introduction, release, deployment].join('\n\n')}\n`;
  if (process.env.BELAY_WRITE_DIAGRAMS === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a picture: choices, a loop, and caught errors, of which many are told instead', () => {
  const catching = { Type: 'Task', Next: 'End', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Mend' }] };
  const definition = {
    StartAt: 'Is it big?',
    States: {
      'Is it big?': {
        Type: 'Choice',
        Choices: [{ Condition: "{% $states.input.size = 'big' %}", Next: 'Wait a bit' }],
        Default: 'One',
      },
      'Wait a bit': { Type: 'Wait', Next: 'Is it big?' },
      One: {
        ...catching,
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Wait a bit' }, ...catching.Catch],
      },
      Two: catching,
      Three: catching,
      Four: catching,
      Mend: { Type: 'Pass', Next: 'End' },
      End: { Type: 'Succeed' },
    },
  };
  expect(describeMachine('Sample', definition)).toBe(`## Sample

\`\`\`mermaid
flowchart TD
  start(( )) --> Is_it_big_
  Is_it_big_{"Is it big?"}
  Is_it_big_ -- "size = 'big'" --> Wait_a_bit
  Is_it_big_ -- otherwise --> One
  Wait_a_bit[/"Wait a bit"/]
  Wait_a_bit --> Is_it_big_
  One["One"]
  One --> End
  One -. "States.Timeout" .-> Wait_a_bit
  Two["Two"]
  Two --> End
  Three["Three"]
  Three --> End
  Four["Four"]
  Four --> End
  Mend["Mend"]
  Mend --> End
  End(["End"])
\`\`\`

Caught and not drawn: errors of "One", "Two", "Three", "Four" lead to "Mend".`);
});
