/** Version of the gateway as clients are told it. */
export const VERSION = '0.1.0';
