"""What every stack has: its stage, the stage's key, alarms, a shelf of layers, and one way to make a function."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Environment, Stack, Tags, aws_kms
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.grants import use_key
from infra.constructs.layer_shelf import LayerShelf
from infra.constructs.python_function import PythonFunction
from infra.stages import Stage


class HeddleStack(Stack):
    """`Heddle-<stage>-<part>`. Its outputs are what the CLI and the local launcher read (docs/deploy.md lists them)."""

    def __init__(self, scope: Construct, part: str, *, stage: Stage, description: str) -> None:
        super().__init__(
            scope,
            f"Heddle-{stage.name}-{part}",
            description=description,
            env=Environment(account=stage.account, region=stage.region),
            termination_protection=stage.retain,
        )
        self.stage = stage
        self.key: aws_kms.IKey | None = None
        self.alarms = Alarms(None)
        self.shelf = LayerShelf(self, "Layers", stage=stage)
        self.functions: dict[str, PythonFunction] = {}
        Tags.of(self).add("heddle:stage", stage.name)

    def function(
        self,
        construct_id: str,
        folder: str,
        layers: tuple[str, ...],
        *,
        environment: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
        memory_size: int = 512,
    ) -> PythonFunction:
        """Return the function of a folder with those layers, able to use the stage's key and nothing else yet."""
        function = PythonFunction(
            self,
            construct_id,
            stage=self.stage,
            folder=folder,
            layers=self.shelf.pick(*layers),
            environment=environment,
            timeout=timeout,
            memory_size=memory_size,
            key=self.key,
        )
        use_key(function, self.key)
        self.functions[folder] = function
        return function

    def output(self, name: str, value: str) -> None:
        """Publish a value for people, the CLI and the launcher; nothing imports it into another stack."""
        CfnOutput(self, name, value=value)

    def output_functions(self) -> None:
        """Publish the names of this stack's functions by their folder, as JSON in `FunctionNames`."""
        names = {folder: function.function_name for folder, function in self.functions.items()}
        self.output("FunctionNames", self.to_json_string(names))
