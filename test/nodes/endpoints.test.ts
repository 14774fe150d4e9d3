import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { ExpressApp } from '../../nodes/shared/express';
import { postWire, withHeaders } from '../partner/wire-message';
import { messageOfAlice } from '../support/alice';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { beginUpload } from '../support/slow-upload';
import { aliceAndBob } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

/** Nodes of type as2-in at these paths. */
async function withEndpoints(
  paths: Readonly<Record<string, string>>,
  work: (
    flow: RunningFlow,
    deploy: (paths: Readonly<Record<string, string>>, type?: Deploy) => Promise<void>,
  ) => Promise<void>,
  settings: Properties = {},
): Promise<void> {
  await withFlow(
    async (url) => ({ ...(await flowWith(url, paths)), settings }),
    async (flow) => {
      await work(flow, async (changed, type = 'nodes') => {
        const { nodes, credentials } = await flowWith(flow.url, changed);
        await flow.deploy(nodes, type, credentials);
      });
    },
  );
}

type Deploy = 'full' | 'flows' | 'nodes';

async function flowWith(url: string, paths: Readonly<Record<string, string>>) {
  const { nodes, credentials } = await aliceAndBob(url);
  const endpoints = Object.entries(paths).map(([id, path]): FlowNode => ({
    id,
    type: 'as2-in',
    name: id,
    path,
    wires: [[`from-${id}`]],
  }));
  const helpers = Object.keys(paths).map((id): FlowNode => ({ id: `from-${id}`, type: 'helper' }));
  return { nodes: [...nodes, ...onTab(...endpoints, ...helpers)], credentials };
}

async function statusAt(flow: RunningFlow, path: string): Promise<number> {
  return (await postWire(flow.url + path, await messageOfAlice())).status;
}

async function arrives(flow: RunningFlow, path: string, id: string): Promise<void> {
  assert.equal(await statusAt(flow, path), 200);
  await flow.next(`from-${id}`);
}

/** Layers in the application beside the two with which Express itself begins. */
function layers(flow: RunningFlow): number {
  const app: ExpressApp = flow.httpNode;
  return Math.max(((app._router ?? app.router)?.stack.length ?? 0) - 2, 0);
}

describe('the paths of as2-in nodes', () => {
  it('lead to their nodes, in whatever case and with a slash behind', async () => {
    await withEndpoints({ a: '/as2', b: '/Partners/as2' }, async (flow) => {
      await arrives(flow, '/as2', 'a');
      await arrives(flow, '/AS2/', 'a');
      await arrives(flow, '/as2?from=alice', 'a');
      await arrives(flow, '/partners/as2', 'b');
      assert.equal(await statusAt(flow, '/as2/more'), 404);
      assert.equal(await statusAt(flow, '/'), 404);
    });
  });

  for (const [name, value] of [
    ['maxMessageSize', '2 GB'],
    ['spoolThreshold', 'small'],
    ['retentionDays', 0],
  ] as const) {
    it(`are not served with a limit that is none: as2.${name} in settings.js`, async () => {
      const settings = { as2: { [name]: value } };
      const work = async (flow: RunningFlow): Promise<void> => {
        const sentence = `The setting "as2.${name} in settings.js" has the value "${value}", which cannot be used.`;
        assert.match(
          flow.logged('error').join('\n'),
          new RegExp(`^${sentence} Expected: a number greater than 0`),
        );
        assert.deepEqual(flow.status('a'), { fill: 'red', shape: 'ring', text: 'setting invalid' });
        assert.equal(await statusAt(flow, '/as2'), 404);
      };
      await withEndpoints({ a: '/as2' }, work, settings);
    });
  }

  it('a message that is coming in while flows are deployed gets a 503, and no receipt for what no flow saw', async () => {
    await withEndpoints({ a: '/as2' }, async (flow, deploy) => {
      const message = await messageOfAlice();
      await flow.statusBecomes('a', { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' });
      const upload = beginUpload(`${flow.url}/as2`, message);
      await upload.arrived;
      const deployed = deploy({ a: '/as2' }, 'full');
      await flow.isClosing('a');
      assert.equal(await upload.finish(), 503);
      await deployed;
      assert.ok(flow.isSilent('from-a'));
      assert.equal((await postWire(`${flow.url}/as2`, message)).status, 200);
      await flow.next('from-a');
    });
  });

  it('are there once: a second node with the same path says so and stays out of work', async () => {
    await withEndpoints({ a: '/as2', b: '/AS2/' }, async (flow) => {
      assert.match(flow.logged('error').join('\n'), /^The path \/AS2\/ is already used by the node "a"\./);
      assert.deepEqual(flow.status('b'), { fill: 'red', shape: 'ring', text: 'endpoint path taken' });
      await arrives(flow, '/as2', 'a');
    });
  });

  it('go to the node that waits for them when the first one is removed', async () => {
    await withEndpoints({ a: '/as2', b: '/as2' }, async (flow, deploy) => {
      await deploy({ b: '/as2' });
      await flow.statusBecomes('b', { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' });
      await arrives(flow, '/as2', 'b');
    });
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`move with a deploy of ${type}, and old ones are gone`, async () => {
      await withEndpoints({ a: '/one', b: '/two' }, async (flow, deploy) => {
        await deploy({ a: '/two', b: '/three' }, type);
        await arrives(flow, '/two', 'a');
        await arrives(flow, '/three', 'b');
        assert.equal(await statusAt(flow, '/one'), 404);
      });
    });

    it(`are served by one layer that goes with the last node, after a deploy of ${type}`, async () => {
      await withEndpoints({}, async (flow, deploy) => {
        await deploy({ a: '/one', b: '/two' }, type);
        // One that brings requests to the nodes, one that keeps their bodies from being parsed.
        assert.equal(layers(flow), 2);
        await deploy({ a: '/one', c: '/three' }, type);
        assert.equal(layers(flow), 2);
        await deploy({}, type);
        assert.equal(layers(flow), 0);
        assert.equal(await statusAt(flow, '/one'), 404);
      });
    });
  }

  it('answer 503 while flows are restarted, so that partners come again', async () => {
    await withEndpoints({ a: '/as2' }, async (flow) => {
      await flow.stopFlows();
      const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
      assert.equal(response.status, 503);
      assert.ok(Number(response.headers.get('retry-after')) > 0);
    });
  });

  for (const path of ['as2', '/a b', '/:id', '/a*', '/a?b']) {
    it(`are refused when they are no plain path: ${path}`, async () => {
      await withEndpoints({ a: path }, async (flow) => {
        assert.match(flow.logged('error').join('\n'), /^The path ".*" cannot be used for an AS2 address\./);
        assert.deepEqual(flow.status('a'), { fill: 'red', shape: 'ring', text: 'endpoint path invalid' });
      });
    });
  }

  it('say so when Node-RED serves no HTTP nodes', async () => {
    await withEndpoints(
      { a: '/as2' },
      async (flow) => {
        assert.match(flow.logged('error').join('\n'), /^Node-RED was told to serve no HTTP nodes/);
        assert.deepEqual(flow.status('a'), { fill: 'red', shape: 'ring', text: 'http node off' });
      },
      { httpNodeRoot: false },
    );
  });

  it('are guarded by httpNodeMiddleware', async () => {
    const seen: string[] = [];
    const settings = {
      httpNodeMiddleware: [
        (request: { url: string }, _response: unknown, next: () => void) => {
          seen.push(request.url);
          setImmediate(next);
        },
        (
          request: { headers: Record<string, string> },
          response: { writeHead(status: number): { end(): void } },
          next: () => void,
        ) => {
          if (request.headers['x-guest']) response.writeHead(401).end();
          else next();
        },
      ],
    };
    await withEndpoints(
      { a: '/as2' },
      async (flow) => {
        await arrives(flow, '/as2', 'a');
        const message = await messageOfAlice();
        const refused = await postWire(`${flow.url}/as2`, withHeaders(message, { 'X-Guest': 'yes' }));
        assert.equal(refused.status, 401);
        assert.deepEqual(seen, ['/as2', '/as2']);
      },
      settings,
    );
  });

  it('survive middleware that throws', async () => {
    const settings = {
      httpNodeMiddleware: [
        (_request: unknown, _response: unknown, next: () => void) => void setImmediate(next),
        () => {
          throw new Error('broken middleware');
        },
      ],
    };
    await withEndpoints(
      { a: '/as2' },
      async (flow) => assert.equal(await statusAt(flow, '/as2'), 500),
      settings,
    );
  });

  it('take a body that somebody else has read already', async () => {
    const settings = {
      httpNodeMiddleware: (
        request: IncomingMessage & { body?: Buffer; _body?: boolean },
        _response: unknown,
        next: () => void,
      ) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          request.body = Buffer.concat(chunks);
          request._body = true;
          next();
        });
      },
    };
    await withEndpoints({ a: '/as2' }, async (flow) => arrives(flow, '/as2', 'a'), settings);
  });

  it('say so when somebody else has read a body and kept none of its bytes', async () => {
    const settings = {
      httpNodeMiddleware: (request: IncomingMessage, _response: unknown, next: () => void) => {
        request.resume().on('end', next);
      },
    };
    await withEndpoints(
      { a: '/as2' },
      async (flow) => {
        assert.equal(await statusAt(flow, '/as2'), 503);
        assert.match(
          flow.logged('error').join('\n'),
          /^The body of a request from 127\.0\.0\.1 was read by something else/,
        );
        assert.ok(flow.isSilent('from-a'));
      },
      settings,
    );
  });
});
