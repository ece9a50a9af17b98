/** The web's way: a WebSocket to the address of the page. The cookie that came with the page is the key. */
import { LabError, toLabError } from '../../../main/api/errors.ts';
import { connectWebSocket } from '../../../main/rpc/adapters/webSocket.ts';
import type { Port } from '../../../main/rpc/port.ts';

export async function webPort(): Promise<Port> {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  try {
    const port = await connectWebSocket(`${scheme}://${location.host}/rpc`);
    hideToken();
    return port;
  } catch (error) {
    // The page came with its key: that it does not fit is another lab.
    if (toLabError(error).code === 'unauthorized') {
      throw new LabError('unauthorized', 'The lab was started anew, and this page’s key no longer opens it.', { cause: error });
    }
    throw error;
  }
}

/** The token does its work once, as the page is loaded. After that it would only end up in histories and screenshots. */
function hideToken(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has('token')) return;
  address.searchParams.delete('token');
  history.replaceState(history.state, '', address);
}
