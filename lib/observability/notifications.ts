/**
 * Where people are told: one topic for chats, whose messages Amazon Q Developer shows, and one for mail, in plain words. Alarms go to
 * both (CloudWatch words them for either), and so does what happens to releases.
 */
import { type EventBus, EventField, type IRuleTarget, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

import type { Configuration } from '../../core/configuration/schema.ts';
import { ANNOUNCEMENT_EVENT } from '../../core/contracts/announcement.ts';
import { allow } from '../allow.ts';

export interface NotificationsProps {
  readonly bus: EventBus;
  readonly key: Key;
  readonly settings: Configuration['notifications'];
}

/** A message made of an event; each part may hold fields of it. */
export interface Message {
  readonly title: string;
  readonly text: string;
  /** The runbook's heading, as in a link. */
  readonly heading: string;
  readonly link?: string;
  /** Messages of one thread are shown together. */
  readonly thread?: string;
}

export class Notifications extends Construct {
  readonly chat: Topic;
  readonly mail: Topic;
  readonly settings: Configuration['notifications'];
  readonly #publisher: IRole;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { bus, key, settings } = props;
    const { tell, mail } = settings;
    this.settings = settings;
    const topic = (name: string) => {
      const made = new Topic(this, name, { displayName: 'Belay', masterKey: key, enforceSSL: true });
      // Grants the key, too: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      made.grantPublish(ours('cloudwatch.amazonaws.com'));
      return made;
    };
    const account = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const ours = (service: string) => new ServicePrincipal(service, { conditions: account });
    this.chat = topic('Chat');
    this.mail = topic('Mail');
    const stack = Stack.of(this);
    const publisher = new Role(this, 'Publisher', {
      assumedBy: new ServicePrincipal('events.amazonaws.com'),
      description: 'What rules publish with for people',
    });
    allow(publisher, { actions: ['sns:Publish'], resources: [this.chat.topicArn, this.mail.topicArn] });
    allow(publisher, {
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `sns.${stack.region}.amazonaws.com` } },
    });
    // CDK would give it more of the key.
    this.#publisher = publisher.withoutPolicyUpdates();
    for (const address of mail) this.mail.addSubscription(new EmailSubscription(address));
    new CfnOutput(stack, 'ChatTopic', { value: this.chat.topicArn });
    new CfnOutput(stack, 'MailTopic', { value: this.mail.topicArn });
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    new Rule(this, 'Told', {
      eventBus: bus,
      description: 'People hear of releases that need somebody',
      eventPattern: {
        source: [ANNOUNCEMENT_EVENT.source],
        detailType: [ANNOUNCEMENT_EVENT.detailType],
        // What a pull request would do is its author's business, who reads the check.
        detail: { kind: [...tell], operation: [{ 'anything-but': 'plan' }] },
      },
      targets: this.targets({
        title: field('title'),
        text: field('text'),
        heading: field('heading'),
        link: field('link'),
        thread: field('release.id'),
      }),
    });
  }

  /** The runbook's page at a heading. */
  page(heading: string): string {
    return `${this.settings.runbook}#${heading}`;
  }

  /**
   * For a rule whose events people are to hear of: both topics, each in its own words. The schema for chats:
   * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   */
  targets({ title, text, heading, link, thread }: Message): IRuleTarget[] {
    const runbook = `What to do: ${this.page(heading)}`;
    const chat = {
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title,
        description: text,
        nextSteps: link === undefined ? [runbook] : [link, runbook],
      },
      ...(thread && { metadata: { threadId: thread } }),
    };
    const mail = [title, text, ...(link === undefined ? [] : [link]), runbook].join('\n');
    // With a role: the policies of topics and key cannot say which rule may publish.
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    const to = (topic: Topic, message: RuleTargetInput) =>
      new SnsTopic(topic, { message, role: this.#publisher });
    return [
      to(this.chat, RuleTargetInput.fromObject(chat)),
      to(this.mail, RuleTargetInput.fromMultilineText(mail)),
    ];
  }
}
