/**
 * The bounds of what has to do with repositories elsewhere: Git, mirrors, forges, the watcher.
 * Part of `limits.ts`, which is where everybody reads them.
 */
export const remoteLimits = {
  // Activation
  approvalFilesMax: 50,
  approvalFileCharsMax: 4_096,
  activationsListedMax: 100,
  heldFindingsMax: 20,
  heldFindingCharsMax: 500,
  proposalsKeptMax: 50,
  proposalsShownMax: 5,

  // Forges: pages of 100 entries each
  forgePagesMax: 50,
  forgeRequestMsMax: 30_000,
  forgeStatusCharsMax: 140,
  forgeBodyCharsMax: 65_536,
  forgeAnnotationsPerRequestMax: 50,
  forgeAnnotationsMax: 500,
  forgeAnnotationTitleCharsMax: 255,
  forgeAnswersKeptMax: 2_000,
  forgeRestMsDefault: 60_000,
  forgeRestMsMax: 3_600_000,

  // The watcher
  watchLookMs: 1_000,
  watchEventsPerLook: 1_000,
  watchBatchesPerLook: 10_000,
  /** Runs that start each other by what they say or by their ends. */
  triggerDepthMax: 32,
  watchStuckMs: 60_000,
  watchRetryMs: 10_000,
  watchPublishTriesMax: 6,
  watchPublishWaitMs: 30_000,
  watchHeapBytesMax: 64 * 1024 * 1024,
  watchCollectMsMin: 5_000,
  watchPauseMsMin: 20,
  watchTidyMs: 3_600_000,
  watchSyncsMax: 8,
  watchIncidentsToldMax: 50,
  pullsPlannedMax: 100,

  // Triggers
  webhookAgeMsMax: 300_000,
  webhookBodyBytesMax: 5 * 1024 * 1024,
  webhooksKeptMax: 10_000,
  webhookConnectionsMax: 256,
  webhookHeadersMax: 64,
  webhookHeaderCharsMax: 1_000,
  webhookTriedMax: 16,
  webhookMarkMsMax: 90 * 24 * 3_600_000,
  webhookMsMax: 10_000,
  webhookAgainMs: 60_000,
  scheduleCatchupMax: 100,
  scheduleLateMsMax: 60_000,
  schedulesKeptMax: 1_000,

  mirrorBranchesShownMax: 8,

  // Git
  gitBlobBytesMax: 16 * 1024 * 1024,
  gitTreeEntriesMax: 100_000,
  gitCommitsMax: 100_000,
  gitReadBytesMax: 64 * 1024 * 1024,
  gitOutputBytesMax: 256 * 1024 * 1024,
  gitTimeMsMax: 60_000,
  gitThreadMemoryMibMax: 256,
  gitRefCharsMax: 1_024,
  gitTagDepthMax: 16,
  gitTreeDepthMax: 512,
  gitRefsMax: 50_000,
  gitFilesPerReadMax: 10_000,
  gitPathCharsMax: 1_024,
  gitChangesMax: 10_000,
  gitMessageCharsMax: 64 * 1024,
  // Above these, git itself reads packs many times faster and in less memory
  gitPackBytesMax: 32 * 1024 * 1024,
  gitPacksMax: 50,
  gitWriteTriesMax: 5,
  gitRestartsMax: 20,

  // Mirrors
  mirrorPollMsMin: 45_000,
  mirrorPollMsMax: 8 * 3_600_000,
  mirrorHostFailuresMax: 5,
  mirrorIncidentsPerLookMax: 50,
  mirrorBranchRowsMax: 1_000,
  mirrorFetchMsMax: 300_000,
  mirrorPackBytesMax: 512 * 1024 * 1024,
  mirrorPortablePackBytesMax: 32 * 1024 * 1024,
  mirrorUnpackedBytesMax: 512 * 1024 * 1024,
  mirrorObjectsMax: 500_000,
  mirrorDeltaDepthMax: 4_095,
  mirrorDeltaCacheBytesMax: 32 * 1024 * 1024,
  mirrorPacksMax: 50,
  mirrorFilesMax: 10_000,
  mirrorFileBytesMax: 64 * 1024 * 1024,
  mirrorWorkersMax: 4,
  mirrorWorkerIdleMs: 2_000,
  mirrorHostConcurrencyMax: 6,
} as const
