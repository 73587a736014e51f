import type { Notification, Severity } from '@proxmox-mcp/schemas';

const TYPE: Readonly<Record<Severity, string>> = {
  info: 'info',
  notice: 'info',
  warning: 'warning',
  error: 'failure',
  critical: 'failure',
};

/** The JSON body of Apprise's notify. Apprise cuts or splits to the limits of each service. Pure. */
export function renderApprise(
  { title, body, severity, kind, link }: Notification,
  to: { readonly urls?: readonly string[] | undefined; readonly tag?: string | undefined },
) {
  return {
    title,
    body: link === undefined ? body : `${body}\nLink: ${link}`,
    type: kind === 'resolved' ? 'success' : TYPE[severity],
    // Apprise escapes it for services that read Markdown or HTML.
    format: 'text',
    ...(to.urls === undefined ? {} : { urls: to.urls.join(',') }),
    ...(to.tag === undefined ? {} : { tag: to.tag }),
  };
}
