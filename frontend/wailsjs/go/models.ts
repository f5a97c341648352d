export namespace app {
	
	export interface ExportedLog {
	    file: string;
	    lines: number;
	}
	export interface NewApp {
	    name: string;
	    key: string;
	    providers: string[];
	    terms: control.Terms;
	}

}

export namespace control {
	
	export interface AddKey {
	    provider: string;
	    label: string;
	    secret: string;
	    anyway: boolean;
	    careful: boolean;
	}
	export interface Limits {
	    costDay: number;
	    costWeek: number;
	    costMonth: number;
	    tokensDay: number;
	    tokensWeek: number;
	    tokensMonth: number;
	    requestsPerMinute: number;
	    atOnce: number;
	    outputTokens: number;
	}
	export interface Terms {
	    classes: string[];
	    models: string[];
	    limits: Limits;
	    days: number;
	    expiresAt: number;
	    untilQuit: boolean;
	    credential: string;
	}
	export interface AllowSite {
	    origin: string;
	    providers: string[];
	    terms: Terms;
	}
	export interface Answer {
	    id: string;
	    providers: string[];
	    terms?: Terms;
	}
	export interface Grant {
	    provider: string;
	    name: string;
	    classes: string[];
	    models: string[];
	    limits: Limits;
	    days: number;
	    expiresAt: number;
	    untilQuit: boolean;
	    credential: string;
	    givenAt: number;
	    givenBy: string;
	    lastUsed: number;
	    expired: boolean;
	    unproven: boolean;
	    used: Limits;
	    held: Limits;
	    left: Limits;
	    dayEnds: number;
	    weekEnds: number;
	    monthEnds: number;
	}
	export interface App {
	    name: string;
	    origin: string;
	    hint: string;
	    added: number;
	    state: string;
	    lastUsed: number;
	    requests: number;
	    grants: Grant[];
	}
	export interface Check {
	    code: string;
	    state: string;
	    message: string;
	    fix: string;
	}
	export interface Demo {
	    running: boolean;
	    page: string;
	}
	export interface Denial {
	    provider: string;
	    until: number;
	}
	export interface Entry {
	    id: number;
	    time: number;
	    origin: string;
	    provider: string;
	    endpoint: string;
	    model: string;
	    credential: string;
	    status: number;
	    code: string;
	    input: number;
	    output: number;
	    millis: number;
	    bytesIn: number;
	    bytesOut: number;
	    refused: boolean;
	    count: number;
	    cost: number;
	    estimated: boolean;
	}
	export interface FoundKey {
	    id: string;
	    provider: string;
	    name: string;
	    variables: string[];
	    line: number;
	    hint: string;
	    label: string;
	    stored: boolean;
	}
	export interface FoundKeys {
	    where: string;
	    keys: FoundKey[];
	}
	
	export interface Key {
	    provider: string;
	    name: string;
	    label: string;
	    hint: string;
	    endpoint: string;
	    added: number;
	    lastUsed: number;
	    vault: string;
	    usable: boolean;
	    trouble: string;
	    replaced: string;
	    limits: Limits;
	    used: Limits;
	    held: Limits;
	    left: Limits;
	    dayEnds: number;
	    weekEnds: number;
	    monthEnds: number;
	}
	export interface KeyRef {
	    provider: string;
	    label: string;
	}
	export interface KeyTest {
	    works: boolean;
	    status: number;
	    message: string;
	}
	export interface LimitKey {
	    provider: string;
	    label: string;
	    limits: Limits;
	}
	
	export interface LogFilter {
	    origin?: string;
	    provider?: string;
	    model?: string;
	    status?: number;
	    code?: string;
	    only?: string;
	    since?: number;
	    until?: number;
	    before?: number;
	    after?: number;
	    oldest?: boolean;
	    limit?: number;
	}
	export interface OverLimit {
	    origin: string;
	    provider: string;
	    name: string;
	    code: string;
	    model: string;
	    scope: string;
	    credential: string;
	    limit: string;
	    ceiling: number;
	    used: number;
	    held: number;
	    need: number;
	    resets: number;
	    at: number;
	    raiseTo: number;
	    message: string;
	}
	export interface Overall {
	    limits: Limits;
	    used: Limits;
	    held: Limits;
	    left: Limits;
	    dayEnds: number;
	    weekEnds: number;
	    monthEnds: number;
	}
	export interface PausedSite {
	    origin: string;
	    reason: string;
	    count: number;
	    cost: number;
	    at: number;
	    message: string;
	}
	export interface Price {
	    provider: string;
	    model: string;
	    aliases: string[];
	    input: number;
	    cachedInput: number;
	    cacheWrite: number;
	    output: number;
	    audioInput: number;
	    audioOutput: number;
	    image: number;
	    search: number;
	    second: number;
	    character: number;
	    longAbove: number;
	    longInput: number;
	    longOutput: number;
	    maxOutput: number;
	    date: string;
	    source: string;
	    note: string;
	    edited: boolean;
	    known: boolean;
	}
	export interface PriceRef {
	    provider: string;
	    model: string;
	}
	export interface Problem {
	    code: string;
	    message: string;
	    fix: string;
	}
	export interface Provider {
	    id: string;
	    name: string;
	    baseURL: string;
	    default: string;
	    custom: boolean;
	    keysPage: string;
	    prefix: string;
	    keys: number;
	}
	export interface Warning {
	    code: string;
	    message: string;
	}
	export interface QuestionProvider {
	    id: string;
	    name: string;
	    model: string;
	    keys: string[];
	    hasKey: boolean;
	    stored: boolean;
	}
	export interface Question {
	    id: string;
	    origin: string;
	    site: string;
	    providers: QuestionProvider[];
	    asked: number;
	    deadline: number;
	    waiting: number;
	    granted: string[];
	    browser: string;
	    warnings: Warning[];
	    denials: number;
	    offer: Terms;
	}
	
	export interface RaiseLimit {
	    scope: string;
	    origin: string;
	    provider: string;
	    credential: string;
	    limit: string;
	    to: number;
	}
	export interface Running {
	    id: string;
	    origin: string;
	    provider: string;
	    model: string;
	    endpoint: string;
	    started: number;
	    bytesOut: number;
	    cost: number;
	    reserved: number;
	}
	export interface SetPrice {
	    provider: string;
	    model: string;
	    rates: Record<string, number>;
	}
	export interface SetProvider {
	    id: string;
	    name: string;
	    baseURL: string;
	    auth: string;
	}
	export interface Setting {
	    name: string;
	    value: string;
	    default: string;
	    help: string;
	    values: string[];
	}
	export interface Site {
	    origin: string;
	    site: string;
	    state: string;
	    until: number;
	    lastUsed: number;
	    requests: number;
	    grants: Grant[];
	    denials?: Denial[];
	}
	export interface SiteRef {
	    origin: string;
	    provider: string;
	}
	export interface Today {
	    requests: number;
	    refused: number;
	    input: number;
	    output: number;
	    cost: number;
	    estimated: number;
	    unpriced: number;
	}
	export interface Vault {
	    kind: string;
	    status: string;
	    message: string;
	}
	export interface State {
	    version: string;
	    state: string;
	    lockedBy: string;
	    endpoint: string;
	    port: number;
	    pid: number;
	    started: number;
	    home: string;
	    needsYou: boolean;
	    vault: Vault;
	    problems: Problem[];
	    questions: Question[];
	    missed: Question[];
	    running: Running[];
	    today: Today;
	    overall: Overall;
	    overLimit: OverLimit[];
	    paused: PausedSite[];
	    sites: number;
	    keys: number;
	    unusableKeys: number;
	    demo: Demo;
	}
	
	
	export interface Unlock {
	    passphrase: string;
	    create: boolean;
	}
	export interface UsageFilter {
	    by: string[];
	    since: number;
	    until: number;
	    origin: string;
	    provider: string;
	    model: string;
	}
	export interface UsageSum {
	    day: string;
	    origin: string;
	    provider: string;
	    model: string;
	    key: string;
	    requests: number;
	    refused: number;
	    input: number;
	    output: number;
	    cost: number;
	    estimated: number;
	    unpriced: number;
	}
	

}

