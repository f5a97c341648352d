package provider

// name is a key of an answer that has a meaning for a meter.
type name uint8

const (
	other name = iota
	element
	nameUsage
	nameDetails
	nameMessage
	nameResponse
	nameGroq

	promptTokens
	completionTokens
	totalTokens
	inputTokens
	outputTokens
	cachedTokens
	cacheWriteTokens
	reasoningTokens
	promptCacheHitTokens
	cacheReadInputTokens
	cacheCreationInputTokens
	promptTokenCount
	toolUsePromptTokenCount
	candidatesTokenCount
	thoughtsTokenCount
	cachedContentTokenCount
	responseTokenCount

	names
)

// maxName is longer than every name below.
const maxName = 32

// nameOf is the meaning of a key. A conversion in a switch does not allocate.
func nameOf(key []byte) name {
	switch string(key) {
	case "usage", "usageMetadata":
		return nameUsage
	case "prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details",
		"input_token_details", "output_token_details": // the latter two in OpenAI Realtime
		return nameDetails
	case "message":
		return nameMessage
	case "response":
		return nameResponse
	case "x_groq":
		return nameGroq
	case "prompt_tokens":
		return promptTokens
	case "completion_tokens":
		return completionTokens
	case "total_tokens":
		return totalTokens
	case "input_tokens":
		return inputTokens
	case "output_tokens":
		return outputTokens
	case "cached_tokens":
		return cachedTokens
	case "cache_write_tokens":
		return cacheWriteTokens
	case "reasoning_tokens", "thinking_tokens":
		return reasoningTokens
	case "prompt_cache_hit_tokens":
		return promptCacheHitTokens
	case "cache_read_input_tokens":
		return cacheReadInputTokens
	case "cache_creation_input_tokens":
		return cacheCreationInputTokens
	case "promptTokenCount":
		return promptTokenCount
	case "toolUsePromptTokenCount":
		return toolUsePromptTokenCount
	case "candidatesTokenCount":
		return candidatesTokenCount
	case "thoughtsTokenCount":
		return thoughtsTokenCount
	case "cachedContentTokenCount":
		return cachedContentTokenCount
	case "responseTokenCount":
		return responseTokenCount
	}
	return other
}
