/** Resolves CloudFormation's intrinsic functions to plain values; used by `load.ts` for every property it reads. */
import { generatedName, type Place, type Resource } from './resource.ts';
import { type ResourceType, resourceType } from './resource-types.ts';
import type { Template } from './template.ts';

/** Stands for `AWS::NoValue`: whoever holds it leaves it out. */
const NO_VALUE = Symbol('AWS::NoValue');

/** A template whose values can be read. */
export class Resolver {
  readonly template: Template;
  readonly place: Place;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #resources = new Map<string, Resource>();
  readonly #resolving: string[] = [];

  /** `parameters` win over the defaults of the template. */
  constructor(template: Template, place: Place, parameters: Readonly<Record<string, string>> = {}) {
    this.template = template;
    this.place = place;
    this.#parameters = parameters;
  }

  /** The logical ids of all resources of a type whose condition holds, in template order. */
  resourcesOf(type: string): Resource[] {
    return Object.entries(this.template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .filter(([, { Condition }]) => Condition === undefined || this.#condition(Condition))
      .map(([logicalId]) => this.resource(logicalId));
  }

  /** One resource with its name. Throws when there is none or its type is unknown. */
  resource(logicalId: string): Resource {
    const known = this.#resources.get(logicalId);
    if (known !== undefined) return known;
    const source = this.template.Resources[logicalId];
    if (source === undefined) throw new Error(`resolving the template: there is no resource "${logicalId}"`);
    const type = this.#typeOf(logicalId);
    const property = (name: string) => this.value(source.Properties[name], `${logicalId}.${name}`);
    const unnamed: Resource = { logicalId, type: source.Type, name: '', place: this.place, property };
    const resource = { ...unnamed, name: this.#nameOf(unnamed, type) };
    this.#resources.set(logicalId, resource);
    return resource;
  }

  /** All properties of a resource, resolved. */
  properties(resource: Resource): Record<string, unknown> {
    const source = this.template.Resources[resource.logicalId]?.Properties ?? {};
    return this.value(source, resource.logicalId) as Record<string, unknown>;
  }

  /** A value of the template with every intrinsic resolved; `where` names it in errors. */
  value(source: unknown, where: string): unknown {
    const value = this.#resolve(source, where);
    return value === NO_VALUE ? undefined : value;
  }

  #nameOf(resource: Resource, type: ResourceType): string {
    const given = type.nameProperty === undefined ? undefined : resource.property(type.nameProperty);
    if (typeof given === 'string' && given !== '') return given;
    const name = generatedName(this.place.stack, resource.logicalId, type.nameLimit ?? 64);
    return type.shapeName?.(name, resource) ?? name;
  }

  #typeOf(logicalId: string): ResourceType {
    const name = this.template.Resources[logicalId]?.Type ?? '';
    const type = resourceType(name);
    if (type !== undefined) return type;
    throw new Error(
      `resolving the template: the twin knows no resource type "${name}" (${logicalId}); name it in local/assembly/resource-types.ts`,
    );
  }

  #resolve(source: unknown, where: string): unknown {
    if (Array.isArray(source)) {
      return source.map((item) => this.#resolve(item, where)).filter((item) => item !== NO_VALUE);
    }
    if (typeof source !== 'object' || source === null) return source;
    const entries = Object.entries(source);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined) {
      const [name, argument] = first;
      if (name === 'Ref' || name.startsWith('Fn::')) {
        const intrinsic = this.#intrinsics[name];
        if (intrinsic !== undefined) return intrinsic(argument, where);
        throw new Error(`resolving ${where}: the twin does not know the intrinsic function ${name}`);
      }
    }
    return Object.fromEntries(
      entries
        .map(([key, value]): [string, unknown] => [key, this.#resolve(value, `${where}.${key}`)])
        .filter(([, value]) => value !== NO_VALUE),
    );
  }

  readonly #intrinsics: Readonly<Record<string, (argument: unknown, where: string) => unknown>> = {
    Ref: (argument, where) => this.#reference(text(argument, where), where),
    'Fn::GetAtt': (argument, where) => {
      const [logicalId, attribute] =
        typeof argument === 'string' ? splitOnce(argument, '.') : list(argument, where).map(String);
      return this.#attribute(logicalId ?? '', attribute ?? '', where);
    },
    'Fn::Join': (argument, where) => {
      const [separator, parts] = list(argument, where);
      return list(this.#resolve(parts, where), where).map(scalar).join(String(separator));
    },
    'Fn::Sub': (argument, where) => {
      const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument, where);
      return this.#substitute(text(template, where), variables as Record<string, unknown>, where);
    },
    'Fn::Select': (argument, where) => {
      const [index, items] = list(argument, where);
      const found = list(this.#resolve(items, where), where)[Number(this.#resolve(index, where))];
      if (found === undefined)
        throw new Error(`resolving ${where}: Fn::Select ${String(index)} finds nothing`);
      return found;
    },
    'Fn::Split': (argument, where) => {
      const [separator, whole] = list(argument, where);
      return text(this.#resolve(whole, where), where).split(text(separator, where));
    },
    'Fn::If': (argument, where) => {
      const [condition, yes, no] = list(argument, where);
      return this.#resolve(this.#condition(text(condition, where)) ? yes : no, where);
    },
    'Fn::FindInMap': (argument, where) => {
      const [map, first, second] = list(this.#resolve(argument, where), where).map(String);
      const found = this.template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined) throw new Error(`resolving ${where}: no mapping ${map}.${first}.${second}`);
      return found;
    },
    'Fn::Equals': (argument, where) => {
      const [left, right] = list(this.#resolve(argument, where), where);
      return left === right;
    },
    'Fn::Not': (argument, where) => !this.#truth(list(argument, where)[0], where),
    'Fn::And': (argument, where) => list(argument, where).every((item) => this.#truth(item, where)),
    'Fn::Or': (argument, where) => list(argument, where).some((item) => this.#truth(item, where)),
  };

  #truth(source: unknown, where: string): boolean {
    const named = source as { Condition?: unknown };
    if (typeof named.Condition === 'string') return this.#condition(named.Condition);
    return this.#resolve(source, where) === true;
  }

  #condition(name: string): boolean {
    const source = this.template.Conditions[name];
    if (source === undefined) throw new Error(`resolving the template: there is no condition "${name}"`);
    return this.#truth(source, `Conditions.${name}`);
  }

  #substitute(template: string, variables: Record<string, unknown>, where: string): string {
    return template.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return scalar(this.#resolve(variables[name], where));
      const [logicalId, attribute] = splitOnce(name, '.');
      const value =
        attribute === undefined || logicalId === undefined
          ? this.#reference(name, where)
          : this.#attribute(logicalId, attribute, where);
      return scalar(value);
    });
  }

  #reference(name: string, where: string): unknown {
    const pseudo: Readonly<Record<string, unknown>> = {
      'AWS::AccountId': this.place.account,
      'AWS::Region': this.place.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.place.stack,
      'AWS::StackId': `arn:aws:cloudformation:${this.place.region}:${this.place.account}:stack/${this.place.stack}/local`,
      'AWS::NoValue': NO_VALUE,
      ...this.#parameters,
    };
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    const parameter = this.template.Parameters[name];
    if (parameter !== undefined) {
      if (parameter.Default !== undefined) return parameter.Default;
      throw new Error(`resolving ${where}: the stack's parameter "${name}" has no default and was not given`);
    }
    return this.#guarded(name, where, (resource, type) => (type.ref ?? ((found) => found.name))(resource));
  }

  #attribute(logicalId: string, attribute: string, where: string): unknown {
    return this.#guarded(logicalId, where, (resource, type) => {
      const read = type.attributes?.[attribute];
      if (read !== undefined) return read(resource);
      throw new Error(
        `resolving ${where}: the twin knows no attribute "${attribute}" of ${resource.type} (${logicalId})`,
      );
    });
  }

  /** Names may be made of other resources' names; a circle would never end. */
  #guarded(
    logicalId: string,
    where: string,
    read: (resource: Resource, type: ResourceType) => string,
  ): string {
    if (this.#resolving.includes(logicalId)) {
      throw new Error(
        `resolving ${where}: the name of ${[...this.#resolving, logicalId].join(' → ')} needs itself`,
      );
    }
    this.#resolving.push(logicalId);
    try {
      return read(this.resource(logicalId), this.#typeOf(logicalId));
    } finally {
      this.#resolving.pop();
    }
  }
}

function splitOnce(whole: string, separator: string): [string, string | undefined] {
  const at = whole.indexOf(separator);
  return at < 0 ? [whole, undefined] : [whole.slice(0, at), whole.slice(at + separator.length)];
}

function text(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`resolving ${where}: a text was expected, not ${JSON.stringify(value)}`);
}

function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`resolving ${where}: a list was expected, not ${JSON.stringify(value)}`);
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
