"""`python -m sde_datasets` is the command `sde-datasets`."""

from sde_datasets.cli.main import main

if __name__ == "__main__":
    main(prog_name="sde-datasets")
