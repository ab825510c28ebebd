/**
 * Every bound of ionflux, with its unit in its name. A wait, list or loop without an
 * entry here is a defect.
 */
import { sandboxLimits } from './limits/sandbox.ts'
import { remoteLimits } from './limits/remote.ts'

export const limits = {
  // Files (research: YAML's own key check is quadratic; deep nesting overflows a stack)
  fileBytesMax: 256 * 1024,
  openApiCharsMax: 16 * 1024 * 1024,
  openApiSchemaNodesMax: 1_500,
  openApiChoicesMax: 12,
  fileKeysPerMapMax: 2_000,
  fileNodesMax: 50_000,
  fileLexemesMax: 100_000,
  problemsPerFileMax: 200,
  schemaNodesMax: 5_000,
  schemaDepthMax: 64,
  schemaFilesMax: 64,
  schemaCallsMax: 5_000_000,
  schemaCallsPerValueMax: 20,
  // A schema may name itself
  powerPlacesDepthMax: 16,
  powerPlacesNodesMax: 200,
  schemaTypeDepthMax: 32,
  schemasKeptMax: 64,
  dataDepthMax: 200,
  fileDepthMax: 64,
  componentDepthMax: 8,
  stepsPerFlowMax: 2_000,

  manifestsKeptMax: 64,
  /** Ids that are looked for in the bytes of all flows, before an index of them is made. */
  flowScansMax: 4,
  flowScanBytesMax: 256 * 1024,
  packageFilesMax: 2_000,
  packageBytesMax: 16 * 1024 * 1024,
  packageSourceCharsMax: 1_000,
  lockWaysMax: 1_000,
  referenceCharsMax: 256,

  // Expressions
  expressionCharsMax: 4_096,
  expressionMacroDepthMax: 2,
  expressionNodesMax: 1_000,
  expressionDepthMax: 100,
  expressionCostMax: 1_000_000,
  expressionTextCharsMax: 4 * 1024 * 1024,
  expressionRangeMax: 100_000,
  expressionProblemsMax: 100,
  regexCharsMax: 1_000,
  regexProgramMax: 10_000,

  // Runs
  runDepthMax: 16,
  eachItemsMax: 1_000_000,
  eachConcurrencyMax: 1_000,
  eachConcurrencyDefault: 16,
  whileTurnsMax: 1_000_000,
  pagesDefault: 1_000,
  retryAttemptsMax: 100,
  compensateAttemptsDefault: 5,
  slotsSearchedMax: 10_000,
  slotsPerFillMax: 32,
  /** Series of runs that replace each other, remembered beside what is on the disk. */
  seriesRememberedMax: 10_000,
  /** Old counts of runs that are looked at when a new one is made. */
  ratesTidiedPerRun: 2,
  stopGraceMsMax: 30_000,
  lapsesKeptMax: 50,
  lapseCharsMax: 500,
  waitMsMax: 10 * 365 * 24 * 3_600_000,
  payloadInlineCharsMax: 4_096,
  payloadBytesMax: 64 * 1024 * 1024,
  failureMessageCharsMax: 4_096,
  failureDataCharsMax: 65_536,
  logCharsMax: 8_192,
  logsPerCallMax: 1_000,
  runsSearchedMax: 10_000,
  runPartingsMax: 100,
  parkedRunsResidentMax: 64,
  turnRecordsMax: 512,
  programsResidentMax: 256,
  subjectCharsMax: 256,
  signalsWaitingMax: 1_000,
  messagesPerRunMax: 100_000,
  awaitMatchCharsMax: 4_096,
  askCharsMax: 4_096,
  approversMax: 100,
  approvalsListedMax: 1_000,
  outboxEventsMax: 1_000_000,
  /** The latest ones, for triggers of a watcher that looks later. */
  eventsKeptMax: 100_000,
  eventReceiversPerPage: 256,
  awaitCountMax: 10_000,

  // Recorded runs replayed for a plan
  replayRunsPerFlowDefault: 5,
  replayRunsPerFlowMax: 1_000,
  replayMsMax: 2_000,
  replayRecordsPerLook: 256,
  replayValueCharsShown: 60,

  // Tests of flows
  testRecordsMax: 100_000,
  testCallsMax: 50_000,
  testVirtualMsMax: 100 * 365 * 24 * 3_600_000,
  testWallMsMax: 120_000,

  ...sandboxLimits,

  // Journal
  commitRecordsMax: 20_000,
  commitPayloadBytesMax: 16 * 1024 * 1024,
  commitLogLinesMax: 2_000,
  commitLogDelayMs: 200,
  journalBusyMsMax: 1_000,
  journalWalPagesMax: 4_000,
  // What `doctor` takes its time for
  doctorLookMsMax: 5_000,
  doctorLookBytesMax: 512 * 1024 * 1024,
  doctorDiskBytesLow: 1024 * 1024 * 1024,
  doctorDiskBytesMin: 64 * 1024 * 1024,
  journalWalBytesKept: 32 * 1024 * 1024,
  journalCacheKibMax: 4 * 1024,
  clockCheckMsMax: 60_000,
  timersPerSweepMax: 1_000,
  sweepAgainMs: 1_000,
  drainMsMax: 5_000,
  finishMsMax: 600_000,
  finishLookMs: 250,
  calledLookMs: 500,

  // Outputs of pure steps, kept from run to run
  cacheCpuMsMin: 5,
  cacheBytesMax: 64 * 1024 * 1024,
  cacheEntriesMax: 100_000,
  cacheQueueMax: 256,
  cacheCodesKnownMax: 10_000,

  // What is freed in a data directory
  sweepRowsPerCommit: 500,
  sweepFreePagesMin: 1_000,
  sweepGraceMs: 3_600_000,
  sweepWatchedMsMin: 24 * 3_600_000,

  // State of flows
  stateKeyCharsMax: 512,
  stateValueCharsMax: 256 * 1024,
  stateKeysPerFlowMax: 100_000,
  stateListMax: 1_000,

  // Blobs
  blobBytesMax: 4 * 1024 * 1024 * 1024,
  blobPieceBytesMax: 1024 * 1024,
  blobsOpenPerCallMax: 16,
  blobCallBytesMax: 8 * 1024 * 1024 * 1024,

  // Files that runs leave behind
  artifactBytesMax: 1024 * 1024 * 1024,
  artifactsPerRunMax: 10_000,
  artifactBytesPerRunMax: 4 * 1024 * 1024 * 1024,
  artifactPathCharsMax: 512,

  // Link between processes
  linkMessageBytesMax: 64 * 1024 * 1024,
  linkClientsMax: 64,
  linkRequestsPerClientMax: 256,
  linkConnectMsMax: 2_000,
  linkAnswerMsMax: 30_000,
  linkPulseMs: 2_000,
  linkSlowMs: 2_000,
  linkPathBytesMax: 100,
  linkTakeOversMax: 8,
  linkPauseMsMax: 1_000,
  linkBlobsMax: 10_000,
  linkTextCharsMax: 4_096,
  followRecordsPerPiece: 500,
  followRecordsKept: 10_000,

  bundlesCachedMax: 1_000,

  // Requests to other hosts, and secrets
  httpUrlCharsMax: 8_192,
  httpHeadersMax: 100,
  httpHeaderBytesMax: 32 * 1024,
  httpBodyBytesMax: 16 * 1024 * 1024,
  httpRedirectsMax: 5,
  httpAddressesMax: 8,
  httpConnectionsPerOriginMax: 16,
  httpConnectMsMax: 10_000,
  httpIdleMsMax: 30_000,
  httpTimeMsDefault: 30_000,
  httpTimeMsMax: 110_000,
  httpKeepMsMax: 4_000,
  injectDepthMax: 20,
  presignSecondsDefault: 900,
  presignSecondsMax: 7 * 24 * 3_600,
  mailRecipientsMax: 100,
  mailBytesMax: 20 * 1024 * 1024,
  mailAttachmentsMax: 20,
  mailSubjectCharsMax: 998,
  secretCharsMin: 8,
  secretBytesMax: 64 * 1024,
  secretsPerRequestMax: 20,
  secretsMax: 1_000,
  secretPatternsMax: 100_000,

  // Registries
  registryConnectionsMax: 1_000,
  registryRootsMax: 1_000,
  registryRootBytesMax: 256 * 1024,
  registryLeafBytesMax: 32 * 1024,
  registryKeysMax: 100,
  registrySubmissionEventsMax: 1_000,
  registrySubmissionBytesMax: 64 * 1024 * 1024,
  registryProvenanceBytesMax: 64 * 1024,
  registryMemoryMsMax: 10_000,
  registryCachesMax: 64,
  registryCacheMsMin: 86_400_000,
  registryReleasesMax: 1_000,
  registryClockMsMax: 3_600_000,
  registryWriteTriesMax: 12,
  registryWriteWaitMsMax: 2_000,
  registryViewBytesMax: 9_500,
  registryViewPagesBytes: 3_500,
  registryAdvisoriesShownMax: 4,
  registryAdvisoriesMax: 100,

  // What is shown: GitHub takes 65,536 characters of a comment and 1 MiB of a summary
  diffCellsMax: 4_000_000,
  planMarkdownCharsMax: 60_000,
  jobSummaryCharsMax: 900_000,
  jobOutputCharsMax: 300_000,
  checkFixRoundsMax: 5,

  ...remoteLimits,
} as const
