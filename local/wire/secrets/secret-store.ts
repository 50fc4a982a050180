/** The twin's secrets: one file each, readable by its owner only; versions and staging labels as Secrets Manager has them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../errors.ts';
import { writeFileAtomic } from '../files.ts';

/** What the twin says about a secret when it starts; its value comes by `put` or PutSecretValue. */
export interface SecretDefinition {
  readonly name: string;
  readonly description?: string;
  /** Key that encrypts it: readers then need kms:Decrypt too. */
  readonly kmsKeyArn?: string;
}

/** The value of one version: exactly one of the two. */
export interface SecretValue {
  readonly text?: string | undefined;
  /** Base64. */
  readonly binary?: string | undefined;
}

/** One version of a secret. */
export interface SecretVersion extends SecretValue {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** AWSCURRENT, AWSPREVIOUS, AWSPENDING or labels of one's own; a version without any is deprecated. */
  readonly stages: readonly string[];
}

/** Secrets Manager's limit for a value, in bytes. */
const maxSecretBytes = 65_536;

/** One secret with its versions, newest first. */
export class Secret {
  readonly definition: SecretDefinition;
  readonly arn: string;
  readonly #path: string;
  #versions: readonly SecretVersion[];

  constructor(definition: SecretDefinition, place: { arn: string; path: string }) {
    this.definition = definition;
    this.arn = place.arn;
    this.#path = place.path;
    this.#versions = existsSync(place.path)
      ? (JSON.parse(readFileSync(place.path, 'utf8')) as SecretVersion[])
      : [];
  }

  get versions(): readonly SecretVersion[] {
    return this.#versions;
  }

  /** The version by id, stage, or both; AWSCURRENT without either; throws ResourceNotFoundException. */
  find(wanted: { id?: string | undefined; stage?: string | undefined }): SecretVersion {
    const stage = wanted.stage ?? (wanted.id === undefined ? 'AWSCURRENT' : undefined);
    const found = this.#versions.find(
      (version) =>
        (wanted.id === undefined || version.id === wanted.id) &&
        (stage === undefined || version.stages.includes(stage)),
    );
    if (found !== undefined) return found;
    const what = stage === undefined ? `VersionId: ${wanted.id}` : `staging label: ${stage}`;
    const message = `Secrets Manager can't find the specified secret value for ${what}`;
    throw new AwsError('ResourceNotFoundException', message);
  }

  /**
   * Adds a version and moves `stages` to it; what was AWSCURRENT becomes AWSPREVIOUS. The same id with the same value
   * again changes nothing, with another value it is an error.
   */
  put(id: string, value: SecretValue, version: { stages: readonly string[]; now: number }): SecretVersion {
    const bytes =
      value.binary === undefined ? Buffer.from(value.text ?? '') : Buffer.from(value.binary, 'base64');
    if (bytes.length > maxSecretBytes) {
      throw new AwsError('InvalidParameterException', `A secret value has at most ${maxSecretBytes} bytes.`);
    }
    const existing = this.#versions.find((one) => one.id === id);
    if (existing !== undefined) {
      if (existing.text === value.text && existing.binary === value.binary) return existing;
      throw new AwsError('ResourceExistsException', `The version ${id} exists already with another value.`);
    }
    const { stages, now } = version;
    const added: SecretVersion = { id, ...value, createdAt: now, stages };
    const becomesCurrent = stages.includes('AWSCURRENT');
    const others = this.#versions.map((one) => {
      const kept = one.stages.filter(
        (stage) => !stages.includes(stage) && !(becomesCurrent && stage === 'AWSPREVIOUS'),
      );
      const wasCurrent = becomesCurrent && one.stages.includes('AWSCURRENT');
      return { ...one, stages: wasCurrent ? [...kept, 'AWSPREVIOUS'] : kept };
    });
    const versions = [added, ...others.filter((one) => one.stages.length > 0)];
    writeFileAtomic(this.#path, JSON.stringify(versions), 0o600);
    this.#versions = versions;
    return added;
  }
}

/** All secrets of one twin. */
export class SecretStore {
  readonly #secrets: readonly Secret[];

  /** Opens the secrets, with the values that earlier processes kept in `folder`. */
  constructor(
    definitions: readonly SecretDefinition[],
    place: { folder: string; accountId: string; region: string },
  ) {
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    this.#secrets = definitions.map((definition) => {
      const hash = createHash('sha256').update(definition.name).digest('hex');
      // AWS ends a secret's ARN with six random characters; these stay the same over restarts.
      const arn = `arn:aws:secretsmanager:${place.region}:${place.accountId}:secret:${definition.name}-${hash.slice(0, 6)}`;
      return new Secret(definition, { arn, path: join(place.folder, `${hash}.json`) });
    });
  }

  /** The secret by name, ARN, or ARN without its ending; undefined when the twin has none. */
  lookup(nameOrArn: string): Secret | undefined {
    return this.#secrets.find(
      ({ arn, definition }) =>
        nameOrArn === definition.name || nameOrArn === arn || nameOrArn === arn.slice(0, -'-123456'.length),
    );
  }

  /** The same, or ResourceNotFoundException. */
  find(nameOrArn: string): Secret {
    const secret = this.lookup(nameOrArn);
    if (secret !== undefined) return secret;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret "${nameOrArn}".`,
    );
  }
}
