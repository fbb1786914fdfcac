/** What docs/performance.md says in words of each suite; all numbers come from results.json. */

export const SUITE_WORDS: Record<string, { title: string; about: string[] }> = {
  lab: {
    title: 'Beside the bare tool',
    about: [
      "The same migration by [a script](../bench/lab/by-hand.sh) as an expert would write it and by `LiveMigrateVgpu`, on two emulated hosts with real libvirt, QEMU and a mediated device. The script checks nothing, remembers nothing and undoes nothing. Each round has one migration by the script, one with libvirt's own switchover and one with the fence, each of a guest of its own, and two that show where the distance comes from. The script's time is taken on its own host; ours from the client's order until its answer.",
      "The downtime is taken by one observer of both hosts' events. What libvirt reports does not count the fence's own part, which begins when the target has all it needs. `npm run bench:lab` measures it.",
      "The wall time's goal is not met where our agents are emulated, and is where they are not. The last rows show what the distance is made of. The destination makes a device that outlives a reboot, as the guest does that needs it (mdevctl's definition, its start, and libvirt's reading of both), where the script makes a transient one: the script that does so too has a row, and is nearly all that the goal allows. And five steps each go to Temporal and back through an agent whose JavaScript is emulated, as QEMU's and libvirt's own work is, though it would not be on a real host: in one row the agents, and the script that makes such a device, both run on the machine outside, and reach the hosts' libvirt over the network. Two runs of a day had 1.15 and 1.18 times the script's wall time (12 rounds), then what is shown; not emulated, 1.03, then what is shown. Hosts with real GPUs, where nothing is emulated, have not been measured.",
      "Until 2026-11-28 the distance was twice as large (1.36 to 1.39 times, in four runs). Most of it was the start of threads: each connection to libvirt has one, and a migration opened up to three, each of which an emulated host took up to 2.5 s for, beside everything else. Threads are kept now, and have the next connection. The rest: looks at the same host are made side by side, a job's figures are one question instead of two, and the server is asked while the host is looked at.",
      "The downtime without the fence is libvirt's own. No look at the job is begun in the half second after the guest was stopped, and none is told: before, three runs of a day had 1.015, 1.08 and 1.167 times the script's downtime.",
      "An agent with a real libvirt holds more memory than the simulated one that is measured below: libvirt's client library, and a thread for each connection and for the events. Without the unit's environment it was 157 MB.",
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
      "As a host has it, in a process of its own, with the environment that the package's unit gives it (a small young generation of V8's, few of malloc's arenas). An agent has no workflows and bundles nothing; the orchestrator loads the bundle that the package was built with. Most of the start is loading JavaScript and the connection to Temporal.",
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
      'The goal for one migration is not met, and nearly used up before a migration begins to do anything: the bare workflow, of five empty steps one after another, is as many round trips and a start and an end (its row, and that of the empty activity). What a migration needs beyond it goes to what its steps do, in the order of their size: a look at guest, devices and XML in each of them, and the ledger, of which a claim costs two fsyncs and its end four.',
      "With many in flight the cores bound it: the same two run the server, the orchestrator, all agents and the client, and the CPU that these need for one migration, added, is what two cores have in the time of one. The rows of CPU stand beside the bare workflow's: for 0.9 of its throughput a migration would have to need no more than 1.11 times its CPU, and the server alone takes nearly all of that. The server's part is larger than the bare workflow's, since a migration carries more: its inputs and results, and three changes of its search attributes (without these, 7 ms of the server's CPU less were seen). Asking the server before each change whether the step is still wanted costs next to nothing. The agents of all hosts are one process here; on real hosts each has its own.",
      'The embedded server is told to forget what is done within a second (history.*ProcessorUpdateAckInterval). By default it keeps that for half a minute, and goes through it with each new task: after some 500 migrations it then needed 80 ms of CPU for each instead of 55, and got through 14 to 15 a second instead of 19 (50 in flight, seen on 2026-11-28).',
      "One at a time, the time goes to the orchestrator's six workflow tasks first, then to the agents' five steps, then to waiting for a task to be taken (the timeline).",
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
      'A claim reads every record of the ledger, since what another process wrote must be seen; what concerns one device reads its own. A host has as many records as guests on their way to it, and those that were made there. A claim reads the XML of every domain on its host, since only that tells which mdevs are used.',
    ],
  },
};
