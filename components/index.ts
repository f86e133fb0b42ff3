/** What a program of one's own imports. */
export type { RunningApp } from './pulumi/apps.ts';
export { Host, type HostArgs } from './pulumi/host.ts';
export type { AppSettings, HostSettings } from './pulumi/settings.ts';
