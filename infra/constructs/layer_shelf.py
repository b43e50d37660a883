"""The layers of one stack, each made when a function of that stack first asks for it.

Every stack has a shelf of its own: a layer exported from one stack could never be replaced while another uses it.
"""

from aws_cdk import AssetHashType, RemovalPolicy, aws_lambda
from constructs import Construct

from infra.layers import Target, build
from infra.stages import Stage


class LayerShelf(Construct):
    """`shelf.pick("core", "base")` gives the layers for a function.

    With the context `heddle:empty-layers` the layers are empty folders: tests of templates need no wheels.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._layers: dict[str, aws_lambda.LayerVersion] = {}

    def pick(self, *names: str) -> list[aws_lambda.ILayerVersion]:
        """Return the named layers, in that order."""
        return [self._layer(name) for name in names]

    def _layer(self, name: str) -> aws_lambda.LayerVersion:
        if name not in self._layers:
            architecture = aws_lambda.Architecture
            self._layers[name] = aws_lambda.LayerVersion(
                self,
                name.capitalize(),
                description=f"heddle {name}, Python {self._stage.python}",
                code=self._code(name),
                compatible_runtimes=[
                    aws_lambda.Runtime(f"python{self._stage.python}", aws_lambda.RuntimeFamily.PYTHON)
                ],
                compatible_architectures=[
                    architecture.ARM_64 if self._stage.architecture == "arm64" else architecture.X86_64
                ],
                removal_policy=RemovalPolicy.DESTROY,
            )
        return self._layers[name]

    def _code(self, name: str) -> aws_lambda.AssetCode:
        empty = self.node.try_get_context("heddle:empty-layers")
        if empty:
            return aws_lambda.Code.from_asset(
                str(empty), asset_hash=f"empty-{name}", asset_hash_type=AssetHashType.CUSTOM
            )
        layer = build(name, Target.of(self._stage))
        return aws_lambda.Code.from_asset(
            str(layer.folder), asset_hash=layer.hash, asset_hash_type=AssetHashType.CUSTOM
        )
