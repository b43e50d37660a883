"""Analyses, documents, batches of both, and plugins."""

from functools import cached_property
from typing import TYPE_CHECKING

from heddle.runtime.api.use_cases.messages import MessageUseCases

if TYPE_CHECKING:
    from heddle.application.batches.control_batch import ControlBatch
    from heddle.application.batches.items import Items
    from heddle.application.batches.read_batch import ReadBatch
    from heddle.application.batches.submit_batch import SubmitBatch
    from heddle.application.batches.tell import Tell
    from heddle.application.content.analyze import AnalyzeContent
    from heddle.application.content.full_analysis import FullAnalysis
    from heddle.application.content.refine import RefineAnalysis
    from heddle.application.documents.add_document import AddDocument
    from heddle.application.documents.delete_document import DeleteDocument
    from heddle.application.documents.reembed import BeginReembed
    from heddle.application.documents.search_documents import SearchDocuments
    from heddle.application.plugins.call_plugin import CallPlugin
    from heddle.application.plugins.change_plugin import ChangePlugin
    from heddle.application.plugins.join_analysis import JoinAnalysis
    from heddle.application.plugins.load_plugin import LoadPlugin
    from heddle.application.plugins.upload_plugin import UploadPlugin


class ContentUseCases(MessageUseCases):
    """What is done with content."""

    @cached_property
    def analyze_content(self) -> "AnalyzeContent":
        """Analyse a document at once."""
        from heddle.adapters.content.detect_language import detect_language
        from heddle.adapters.content.read_content import read_content
        from heddle.application.content.analyze import AnalyzeContent
        from heddle.application.content.analyze_bytes import AnalyzeBytes

        return AnalyzeContent(self.ports.blobs, AnalyzeBytes(read_content, self.monotonic, detect_language))

    @cached_property
    def full_analysis(self) -> "FullAnalysis":
        """Analyse a document, let a model refine it, let plugins add to it."""
        from heddle.application.content.full_analysis import FullAnalysis

        return FullAnalysis(self.analyze_content, lambda: self.refine_analysis, lambda: self.join_analysis)

    @cached_property
    def refine_analysis(self) -> "RefineAnalysis":
        """Let a model refine an analysis."""
        from heddle.application.content.refine import RefineAnalysis

        return RefineAnalysis(self.ports.ask_model, self.monotonic)

    @cached_property
    def add_document(self) -> "AddDocument":
        """Take documents in."""
        from heddle.application.documents.add_document import AddDocument

        ports = self.ports
        return AddDocument(ports.documents, ports.originals, ports.ingests, self.now, self.new_id)

    @cached_property
    def delete_document(self) -> "DeleteDocument":
        """Delete a document everywhere."""
        from heddle.application.documents.delete_document import DeleteDocument

        return DeleteDocument(self.ports.documents, self.ports.originals, self.ports.events, self.now)

    @cached_property
    def search_documents(self) -> "SearchDocuments":
        """Search by words and by meaning."""
        from heddle.application.documents.search_documents import SearchDocuments

        return SearchDocuments(self.ports.documents, self.ports.embed_texts)

    @cached_property
    def begin_reembed(self) -> "BeginReembed":
        """Make all vectors anew."""
        from heddle.application.documents.reembed import BeginReembed

        ports = self.ports
        return BeginReembed(ports.documents, ports.embed_texts, ports.reembeds, self.now, self.new_id)

    @cached_property
    def submit_batch(self) -> "SubmitBatch":
        """Take batches in."""
        from heddle.application.batches.submit_batch import SubmitBatch

        ports = self.ports
        return SubmitBatch(
            ports.batches,
            self._batch_items,
            ports.batch_queue,
            ports.idempotency,
            self._tell_batch,
            self.now,
            self.new_id,
        )

    @cached_property
    def control_batch(self) -> "ControlBatch":
        """Pause, resume, cancel and delete batches."""
        from heddle.application.batches.control_batch import ControlBatch
        from heddle.application.batches.settle import Settle

        ports = self.ports
        settle = Settle(ports.batches)
        return ControlBatch(ports.batches, ports.batch_files, ports.batch_queue, settle, self._tell_batch, self.now)

    @cached_property
    def read_batch(self) -> "ReadBatch":
        """Show batches and their items."""
        from heddle.application.batches.read_batch import ReadBatch

        return ReadBatch(self.ports.batches, self._batch_items, self.ports.batch_files)

    @cached_property
    def _batch_items(self) -> "Items":
        from heddle.application.batches.items import Items

        return Items(self.ports.batch_files)

    @cached_property
    def _tell_batch(self) -> "Tell":
        from heddle.application.batches.settle import Settle
        from heddle.application.batches.tell import Tell

        ports = self.ports
        return Tell(Settle(ports.batches), ports.topics, ports.events, self.send_webhook, self.now)

    @cached_property
    def upload_plugin(self) -> "UploadPlugin":
        """Take plugins in."""
        from heddle.application.plugins.upload_plugin import UploadPlugin

        ports = self.ports
        return UploadPlugin(ports.plugins, ports.plugin_files, self._load_plugin, ports.blobs, self.now)

    @cached_property
    def change_plugin(self) -> "ChangePlugin":
        """Enable, configure, reload and delete plugins."""
        from heddle.application.plugins.change_plugin import ChangePlugin

        return ChangePlugin(self.ports.plugins, self.ports.plugin_files, self._load_plugin, self.now)

    @cached_property
    def call_plugin(self) -> "CallPlugin":
        """Call a plugin."""
        from heddle.application.plugins.call_plugin import CallPlugin

        ports = self.ports
        return CallPlugin(ports.plugins, self._load_plugin, ports.sandbox, ports.plugin_log, self.now, self.new_id)

    @cached_property
    def join_analysis(self) -> "JoinAnalysis":
        """Let plugins add to an analysis."""
        from heddle.application.plugins.join_analysis import JoinAnalysis

        return JoinAnalysis(self.ports.plugin_runner, self.monotonic)

    @cached_property
    def _load_plugin(self) -> "LoadPlugin":
        from heddle.application.plugins.load_plugin import LoadPlugin

        return LoadPlugin(self.ports.plugin_files, self.ports.sandbox, self.ports.plugin_key)
