/** What docs/performance.md says in words of each suite; all numbers come from results.json. */

export const SUITE_WORDS: Record<string, { title: string; about: string[] }> = {
  lab: {
    title: 'Beside the bare tool',
    about: [
      "The same migration by [a script](../bench/lab/by-hand.sh) as an expert would write it and by `LiveMigrateVgpu`, on two emulated hosts with real libvirt, QEMU and a mediated device. The script checks nothing, remembers nothing and undoes nothing. Each round has one migration by the script, one with libvirt's own switchover and one with the fence, each of a guest of its own, and two that show where the distance comes from. The script's time is taken on its own host; ours from the client's order until its answer.",
      "The downtime is taken by one observer of both hosts' events. What libvirt reports does not count the fence's own part, which begins when the target has all it needs. `npm run bench:lab` measures it.",
      "The wall time's goal is not met where our agents are emulated. The last two rows show what the distance is made of. The destination makes a device that outlives a reboot, as the guest does that needs it (mdevctl's definition, its start, and libvirt's reading of both), where the script makes a transient one: the script that does so too has a row. And five steps each go to Temporal and back through an agent whose JavaScript is emulated, as QEMU's and libvirt's own work is, though it would not be on a real host: in the last row the agents, and the script that makes such a device, both run on the machine outside, and reach the hosts' libvirt over the network. There the ratio was 1.07 in one run (10 rounds) and is 1.13 in the next, which is the one shown. Hosts with real GPUs, where nothing is emulated, have not been measured.",
      "The downtime without the fence is libvirt's own. The agent's looks at the job, twice a second, run beside it on the emulated host's two cores, and the script has none: three runs of a day had 1.015, 1.08 and 1.167 times the script's, the last of which is shown. Whether looks that are rarer in the switchover bring it below the goal was not tried.",
      "The fence waits for libvirt to end the source's copy, which is libvirt's own last phase; what comes after that is one round trip to the target's libvirt. Both have a row.",
    ],
  },
  micro: {
    title: 'The smallest things',
    about: [
      "A guest's XML is parsed, its mdevs' UUIDs are replaced in the text, the result is parsed again, and the two documents are compared: nothing but the UUIDs may differ. Beside it stands lxml, which parses, sets the attributes and prints, and verifies nothing.",
      'A claim is the lock, the look at all records, the record written and fsynced, and the folder fsynced: two fsyncs of which neither can be left out, for the name would not survive a power cut otherwise. That bounds it at two bare fsyncs.',
    ],
  },
  agent: {
    title: 'An agent',
    about: [
      'As a host has it, in a process of its own. An agent has no workflows and bundles nothing; the orchestrator loads the bundle that the package was built with. Most of the start is loading JavaScript and the connection to Temporal.',
    ],
  },
  recovery: {
    title: 'After a death',
    about: [
      "A migration in pre-copy; a program is killed with SIGKILL and started again at once. An agent's death is noticed when its heartbeats stay away, which is the heartbeat timeout, and then the workflow looks at both hosts and attaches again: most of the time after the restart is the rest of that timeout. An orchestrator that is killed a moment after it has worked on the migration is waited for by Temporal, five seconds as the orchestrators ask for it, before another gets the workflow; one that was idle is not. The same on real hosts, in emulation: [figures.md](figures.md#recovery).",
    ],
  },
  'control-plane': {
    title: 'The control plane alone',
    about: [
      "Migrations whose hosts need no time: what is left is Temporal's and ours. A migration is five steps, each an activity on its host's queue; the bare workflow beside it calls five empty activities on as many queues. The server's commits to its database bound both.",
      'The goal for one migration is not met, and nearly used up before a migration begins to do anything: the bare workflow, of five empty steps one after another, is as many round trips and a start and an end (its row, and that of the empty activity). What a migration needs beyond it goes to what its steps do, in the order of their size: a look at guest, devices and XML in each of them, the question to the server before each change whether the step is still wanted, and the ledger, of which a claim costs two fsyncs and its end four.',
      'With many in flight the cores bound it: the same two run the server, the orchestrator, all agents and the client. The agents of all hosts are one process here; on real hosts each has its own.',
      "One at a time, the time goes to the orchestrator's six workflow tasks first, then to the agents' five steps, then to waiting for a task to be taken (the timeline). With many in flight, the CPU of the three processes for one migration, added, is what two cores have in the time of one: the throughput is bounded by CPU, of which about half or more is the server's. The goal beside the bare workflow is not met for the same reason: its activities and its workflow do nothing, and ours do. A migration costs more than the bare workflow because it does things: it sets search attributes, asks the server before each change whether the step is still wanted, reads and verifies XML, and writes a claim to disk.",
    ],
  },
  postgresql: {
    title: 'The control plane on PostgreSQL',
    about: [
      "The same with Temporal's own server, built from its Go module, on Debian's PostgreSQL as it comes: four services in one process, the shards and the settings of [docker-compose.yml](../docker-compose.yml), each commit flushed to the disk. The embedded server keeps a file and flushes it less often. All of it runs on the same two cores; the server's row is that of its process and of PostgreSQL's together.",
    ],
  },
  growth: {
    title: 'Growth',
    about: [
      'One migration against what there is much of. The exponent tells how the cost grows at the far end, after the cost of the smallest is taken off: 1 is linear, 0 is no growth.',
      'A claim reads every record of the ledger, since what another process wrote must be seen; a host has as many records as guests on their way to it. A claim reads the XML of every domain on its host, since only that tells which mdevs are used.',
    ],
  },
};
