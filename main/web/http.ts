/**
 * What the web host needs of node:http. An `import` of it makes everything that it exports, fetch and WebSocket among them, for which the lab
 * has no use: 6 MB of memory and as much of Node's own code.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
