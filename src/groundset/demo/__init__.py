"""The demo: the main job on a real scene, with an honestly simulated annotator."""

from groundset.demo.run import demo

__all__ = ["demo"]
