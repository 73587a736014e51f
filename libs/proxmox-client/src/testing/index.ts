export { makeCertificate } from './certificate.ts';
export type { TestCertificate } from './certificate.ts';
export { jsonReply, startFakeHost, textReply } from './fake-host.ts';
export type { FakeHost, Reply, SeenRequest } from './fake-host.ts';
