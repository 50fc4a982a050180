/** The wiring: which part is handed to which. No logic lives here. */
import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { AppBuilds } from './app-builds.ts';
import { DeploymentMachine } from './deployment-machine.ts';
import { Executor } from './executor.ts';
import { Expiry } from './expiry.ts';
import { Functions } from './functions.ts';
import { ImageBuilds } from './image-builds.ts';
import { Bus, Ingress } from './ingress.ts';
import { ReleaseMachine } from './release-machine.ts';
import { Stores } from './stores.ts';
import { Sweeper } from './sweeper.ts';

export class BelayStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const stores = new Stores(this, 'Stores');
    const { bus } = new Bus(this, 'Events');
    const imageBuilds = new ImageBuilds(this, 'ImageBuilds', { key: stores.key });
    const functions = new Functions(this, 'Functions', {
      imageBuilds,
      stores,
      bus,
      expiry: new Expiry(this, 'Expiry', { bus }),
      github: {
        url: 'https://github.com',
        apiUrl: 'https://api.github.com',
        writesPerHour: 450,
        planDrafts: false,
        audit: true,
      },
    });
    const { queue } = new Executor(this, 'Executor', { stores, functions, imageBuilds });
    const builds = new AppBuilds(this, 'AppBuilds', { stores });
    const deployment = new DeploymentMachine(this, 'Deployment', { functions, stores, queue, builds });
    const release = new ReleaseMachine(this, 'Release', { functions, deployment: deployment.machine });
    new Sweeper(this, 'Sweeper', {
      sweep: functions.sweep,
      machines: [deployment.machine, release.machine],
    });
    new Ingress(this, 'Ingress', {
      bus,
      webhook: functions.webhook,
      setUp: functions.setUp,
      release: release.machine,
      command: functions.command,
    });
  }
}
