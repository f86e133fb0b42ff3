/** A program that registers nothing: what Pulumi itself costs. */
import '@pulumi/pulumi';
