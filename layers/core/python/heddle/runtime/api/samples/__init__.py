"""Examples of requests and answers, as the OpenAPI document shows them; tests hold them to the models."""
