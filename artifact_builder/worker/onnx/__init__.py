"""An estimator as an ONNX graph, held to the estimator's answers."""
