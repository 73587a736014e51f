/** Longer messages are dropped and counted (PROXMOX §D.1). */
export const SYSLOG_MAX_LINE_BYTES = 64 * 1024;
/** A sender that announces a larger frame is broken or hostile: the connection is closed. */
export const SYSLOG_MAX_FRAME_BYTES = 1024 * 1024;
/** Asked of the kernel, so that a burst of datagrams survives one slow moment of ours. */
export const SYSLOG_RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
/** TCP and TLS together: ten clusters of thirty-two nodes three times over. Each may hold a message of 64 KiB. */
export const SYSLOG_MAX_CONNECTIONS = 1_024;
