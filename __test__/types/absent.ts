// Compiled, not run: what this version does not have is not declared either.

type Package = typeof import('tradovate-session')

// @ts-expect-error: no session hands its token to other processes
export type Connect = Package['connect']
// @ts-expect-error: no session hands its token to other processes
export type Serve = InstanceType<Package['Session']>['serve']
// @ts-expect-error: no session hands its token to other processes
export type Client = import('tradovate-session').TokenClient
// @ts-expect-error: no session hands its token to other processes
export type Service = import('tradovate-session').TokenService
