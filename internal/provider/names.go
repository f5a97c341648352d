package provider

// name is a key of an answer that has a meaning for a meter.
type name uint8

const (
	other name = iota
	element
	nameUsage
	nameInDetails
	nameOutDetails
	nameInModalities  // Gemini's list of what the input was made of
	nameOutModalities // and the output
	nameModality
	nameCacheCreation
	nameServerTools
	nameData
	namePredictions
	namePicture
	nameDuration
	nameCost
	audioTokens // in one of the details
	imageTokens
	tokenCount // in one of the lists
	nameMessage
	nameResponse
	nameGroq

	// Of ids; in answers no number that matters stands under one of these.
	nameID
	nameOutput
	nameItem
	nameContainer
	nameContainerID
	nameContent
	nameContentBlock
	nameDelta
	nameFile
	nameFileID
	nameName
	nameThreadID
	nameRequestID
	nameBatchID
	nameConversationID
	nameInteraction
	nameOutputFile
	nameErrorFile

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
	ephemeralHourTokens
	webSearchRequests
	nameSeconds
	audioInput // these four have no key of their own
	audioOutput
	imageInput
	imageOutput

	names
)

// maxName is longer than every name below.
const maxName = 32

// nameOf is the meaning of a key. A conversion in a switch does not allocate.
func nameOf(key []byte) name {
	switch string(key) {
	case "usage", "usageMetadata":
		return nameUsage
	case "prompt_tokens_details", "input_tokens_details", "input_token_details": // the last in Realtime and transcriptions
		return nameInDetails
	case "completion_tokens_details", "output_tokens_details", "output_token_details":
		return nameOutDetails
	case "promptTokensDetails":
		return nameInModalities
	case "candidatesTokensDetails", "responseTokensDetails":
		return nameOutModalities
	case "modality":
		return nameModality
	case "tokenCount":
		return tokenCount
	case "cache_creation":
		return nameCacheCreation
	case "server_tool_use":
		return nameServerTools
	case "data":
		return nameData
	case "predictions":
		return namePredictions
	case "b64_json", "url", "bytesBase64Encoded":
		return namePicture
	case "duration":
		return nameDuration
	case "cost":
		return nameCost
	case "audio_tokens":
		return audioTokens
	case "image_tokens":
		return imageTokens
	case "ephemeral_1h_input_tokens":
		return ephemeralHourTokens
	case "web_search_requests":
		return webSearchRequests
	case "seconds":
		return nameSeconds
	case "message":
		return nameMessage
	case "response":
		return nameResponse
	case "x_groq":
		return nameGroq
	case "id":
		return nameID
	case "output":
		return nameOutput
	case "item":
		return nameItem
	case "container":
		return nameContainer
	case "container_id":
		return nameContainerID
	case "content":
		return nameContent
	case "content_block":
		return nameContentBlock
	case "delta":
		return nameDelta
	case "file":
		return nameFile
	case "file_id":
		return nameFileID
	case "name":
		return nameName
	case "thread_id":
		return nameThreadID
	case "request_id":
		return nameRequestID
	case "batch_id":
		return nameBatchID
	case "conversation_id":
		return nameConversationID
	case "interaction":
		return nameInteraction
	case "output_file", "output_file_id":
		return nameOutputFile
	case "error_file", "error_file_id":
		return nameErrorFile
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
