/** `vgpu-ferry completion <shell>`: the script by which a shell completes commands and options. */
import type { Command } from 'commander';

const HELP = `
For bash, in ~/.bashrc (needs the package bash-completion):
  source <(vgpu-ferry completion bash)

For zsh, in ~/.zshrc, after compinit:
  source <(vgpu-ferry completion zsh)

For fish:
  vgpu-ferry completion fish > ~/.config/fish/completions/vgpu-ferry.fish`;

/** Reads the program's own commands and options: comes last. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.summary('print a script that completes commands and options in your shell')
    .addHelpText('after', HELP);
}
